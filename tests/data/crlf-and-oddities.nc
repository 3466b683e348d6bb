G21
g90
M3 S100
g0 x10 y10
G1 X20 F600 S250 (a comment between) Y12
; only a comment

( open comment X99
X30 ;Y99
%
G1 X40 X50
G1 Y
B7 X1
S-5
*3
N7 X35 Y10*57
G1 X45 Y15 (xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx)
G1 X46 Y15 S0
M5