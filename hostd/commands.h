// commands: the commands of `lotgate` that need the wire floor. Both return an exit status of cli.h.
#ifndef LOTGATE_COMMANDS_H
#define LOTGATE_COMMANDS_H

int command_serve(int argc, char **argv);   // daemon.c: runs until a signal
int command_devices(int argc, char **argv); // devices.c: serial ports and what to put in the config

#endif
