// What lotgate_port.cpp uses of FluidNC, in our own words.
#pragma once

class Channel {
  public:
    void print(const char *text);
};

extern Channel allChannels;
