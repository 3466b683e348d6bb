// What lotgate_port.cpp uses of FluidNC, in our own words.
#pragma once
#include "Serial.h"

extern Channel Uart0;
