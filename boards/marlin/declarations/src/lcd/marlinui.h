// What lotgate_port.cpp uses of Marlin, in our own words.
#pragma once

class MarlinUI {
  public:
    static void set_status(const char *text);
    static bool button_pressed();
};

extern MarlinUI ui;
