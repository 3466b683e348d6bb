// flash: constants that an AVR keeps in its flash (its compiler needs -std=gnu11 for that); elsewhere plain constants.
#ifndef LOTGATE_REFERENCE_FLASH_H
#define LOTGATE_REFERENCE_FLASH_H

#ifdef __FLASH
#define FLASH const __flash
#else
#define FLASH const
#endif

// A string literal that stays in flash, as a value.
#define FLASH_TEXT(text)                                                                                     \
    (__extension__({                                                                                         \
        static FLASH char text_[] = text;                                                                    \
        &text_[0];                                                                                           \
    }))

#endif
