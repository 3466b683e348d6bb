// simavr_board.c: the simulated chip and what it is wired to.

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <simavr/avr_ioport.h>
#include <simavr/sim_elf.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "simavr_board.h" // board

#define EECR_ADDRESS 0x3F // in the data space, of both chips
#define BITS_OF_BYTE 10.0 // start and stop bit too
#define HARDWARE_RX  3    // bytes that a real UART holds: two, and the one that comes in

double board_microseconds(const struct board *b) {
    return (double)b->avr->cycle * 1e6 / b->avr->frequency;
}

void board_log(struct board *b, avr_cycle_count_t when, const char *what, const char *text) {
    if (b->log)
        fprintf(b->log, "%.1f %s %s\n", (double)when * 1e6 / b->avr->frequency, what, text);
}

static void put_escaped(char *line, size_t *length, uint8_t byte) {
    int room = (int)(WIRE_LINE - *length);
    const char *form = byte < ' ' || byte >= 0x7F || byte == '\\' ? "\\x%02X" : "%c";
    if (room > 5)
        *length += (size_t)snprintf(line + *length, (size_t)room, form, byte);
}

// --- the wires

static void log_wire(struct wire *w, avr_cycle_count_t when, const char *direction, const char *text) {
    char what[4] = {direction[0], direction[1], w->name, '\0'};
    board_log(w->board, when, what, text);
}

// Lines are told when their last byte is there, realtime bytes by themselves.
static void log_received(struct wire *w, uint8_t byte, avr_cycle_count_t when) {
    if (byte == '?' || byte == '!' || byte == '~' || byte == 0x18 || byte >= 0x80) {
        char text[8];
        size_t length = 0;
        put_escaped(text, &length, byte);
        log_wire(w, when, "rx", text);
    } else if (byte == '\n' || byte == '\r') {
        w->rx_line[w->rx_length] = '\0';
        log_wire(w, when, "rx", w->rx_line);
        w->rx_length = 0;
    } else {
        put_escaped(w->rx_line, &w->rx_length, byte);
    }
}

static unsigned unread(const avr_uart_t *uart) {
    return (unsigned)(uart->input.write - uart->input.read) % uart_fifo_fifo_size;
}

// The last bit of the next byte.
static avr_cycle_count_t on_byte_time(avr_t *avr, avr_cycle_count_t when, void *param) {
    struct wire *w = param;
    if (w->head == w->tail)
        return 0;
    uint8_t byte = w->queue[w->tail];
    w->tail = (w->tail + 1) % WIRE_QUEUE;
    if (unread(w->uart) >= HARDWARE_RX) {
        log_wire(w, when, "ov", "a byte was lost: the UART was not read in time");
    } else {
        w->uart->cycles_per_byte = 1;
        avr_raise_irq(w->input, byte);
        w->uart->cycles_per_byte = (avr_cycle_count_t)w->byte_cycles;
    }
    log_received(w, byte, when);
    if (w->due < (double)when - 1)
        w->due = (double)when;
    w->due += w->byte_cycles;
    return (avr_cycle_count_t)w->due;
}

// simavr lets a byte be seen one byte's time after it was given, or after the one before it was read, and takes a byte to have 11
// bits. Here a byte is given when its last bit is there, so it is to be seen at once, as is the next that a real UART holds;
// only what is sent takes its time.
static uint8_t on_read(avr_t *avr, avr_io_addr_t address, void *param) {
    struct wire *w = param;
    w->uart->cycles_per_byte = 1;
    uint8_t byte = w->simavr_read(avr, address, w->uart);
    w->uart->cycles_per_byte = (avr_cycle_count_t)w->byte_cycles;
    return byte;
}

// A reset of the chip forgets all timers, so it is asked for each time.
static void keep_timer(struct wire *w) {
    if (w->head != w->tail && avr_cycle_timer_status(w->board->avr, on_byte_time, w) == 0)
        avr_cycle_timer_register(w->board->avr, (avr_cycle_count_t)w->byte_cycles, on_byte_time, w);
}

static void on_output(struct avr_irq_t *irq, uint32_t value, void *param) {
    struct wire *w = param;
    uint8_t byte = (uint8_t)value;
    if (w->tx_length == 0)
        w->tx_began = w->board->avr->cycle;
    if (byte == '\n' && w->tx_length) {
        w->tx_line[w->tx_length] = '\0';
        log_wire(w, w->tx_began, "tx", w->tx_line);
        w->tx_length = 0;
    } else if (byte != '\r' && byte != '\n') {
        put_escaped(w->tx_line, &w->tx_length, byte);
    }
    if (write(w->master, &byte, 1) != 1 && errno != EAGAIN)
        log_wire(w, w->board->avr->cycle, "ov", "the pseudo-terminal took no byte");
}

static avr_uart_t *find_uart(avr_t *avr, char name) {
    for (avr_io_t *io = avr->io_port; io; io = io->next)
        if (strcmp(io->kind, "uart") == 0 && ((avr_uart_t *)io)->name == name)
            return (avr_uart_t *)io;
    return NULL;
}

static bool open_terminal(struct wire *w, const char *link) {
    struct termios raw;
    char name[64];
    if (openpty(&w->master, &w->slave, name, NULL, NULL) != 0) {
        perror("pseudo-terminal");
        return false;
    }
    tcgetattr(w->slave, &raw);
    cfmakeraw(&raw);
    tcsetattr(w->slave, TCSANOW, &raw);
    fcntl(w->master, F_SETFL, O_NONBLOCK);
    unlink(link);
    if (symlink(name, link) != 0) {
        perror(link);
        return false;
    }
    return true;
}

bool board_wire(struct board *b, char uart, uint32_t baud, const char *link) {
    struct wire *w = &b->wires[uart - '0'];
    uint32_t flags = 0;
    w->board = b;
    w->name = uart;
    w->uart = find_uart(b->avr, uart);
    if (!w->uart) {
        fprintf(stderr, "simavr_run: this chip has no UART %c\n", uart);
        return false;
    }
    if (!open_terminal(w, link))
        return false;
    w->byte_cycles = b->avr->frequency * BITS_OF_BYTE / baud;
    avr_ioctl(b->avr, AVR_IOCTL_UART_SET_FLAGS(uart), &flags);
    avr_io_addr_t data = AVR_DATA_TO_IO(w->uart->r_udr);
    w->simavr_read = b->avr->io[data].r.c;
    b->avr->io[data].r.c = on_read;
    b->avr->io[data].r.param = w;
    w->input = avr_io_getirq(b->avr, AVR_IOCTL_UART_GETIRQ(uart), UART_IRQ_INPUT);
    avr_irq_register_notify(avr_io_getirq(b->avr, AVR_IOCTL_UART_GETIRQ(uart), UART_IRQ_OUTPUT), on_output,
                            w);
    return true;
}

static void read_wire(struct wire *w) {
    uint8_t bytes[1024];
    size_t used = (w->head + WIRE_QUEUE - w->tail) % WIRE_QUEUE;
    if (!w->board || used + sizeof bytes >= WIRE_QUEUE)
        return;
    ssize_t count = read(w->master, bytes, sizeof bytes);
    for (ssize_t i = 0; i < count; i++) {
        w->queue[w->head] = bytes[i];
        w->head = (w->head + 1) % WIRE_QUEUE;
    }
    keep_timer(w);
}

void board_read_wires(struct board *b) {
    read_wire(&b->wires[0]);
    read_wire(&b->wires[1]);
}

// --- EEPROM

static uint8_t *chip_eeprom(struct board *b) {
    avr_eeprom_desc_t whole = {.ee = NULL, .offset = 0, .size = b->eeprom_size};
    avr_ioctl(b->avr, AVR_IOCTL_EEPROM_GET, &whole);
    return whole.ee;
}

static void save_eeprom(const struct board *b) {
    FILE *file = b->eeprom_path ? fopen(b->eeprom_path, "wb") : NULL;
    if (!file)
        return;
    fwrite(b->eeprom, 1, b->eeprom_size, file);
    fclose(file);
}

// A byte was written when the chip's memory differs from what was seen last.
static void on_eeprom(struct avr_irq_t *irq, uint32_t value, void *param) {
    struct board *b = param;
    const uint8_t *now = chip_eeprom(b);
    for (uint32_t i = 0; i < b->eeprom_size && !b->cut; i++) {
        if (now[i] == b->eeprom[i])
            continue;
        char text[32];
        b->writes++;
        b->cut = b->cut_after != 0 && b->writes >= b->cut_after;
        b->eeprom[i] = b->cut && b->torn ? 0xFF : now[i];
        snprintf(text, sizeof text, "%u %02X", i, b->eeprom[i]);
        board_log(b, b->avr->cycle, "ee", text);
        save_eeprom(b);
    }
}

static void load_eeprom(struct board *b) {
    b->eeprom_size = b->avr->e2end + 1u;
    memset(b->eeprom, 0xFF, sizeof b->eeprom);
    FILE *file = b->eeprom_path ? fopen(b->eeprom_path, "rb") : NULL;
    if (file) {
        if (fread(b->eeprom, 1, b->eeprom_size, file) != b->eeprom_size)
            fprintf(stderr, "simavr_run: %s is shorter than the EEPROM\n", b->eeprom_path);
        fclose(file);
    }
    avr_eeprom_desc_t whole = {.ee = b->eeprom, .offset = 0, .size = b->eeprom_size};
    avr_ioctl(b->avr, AVR_IOCTL_EEPROM_SET, &whole);
    avr_irq_register_notify(avr_iomem_getirq(b->avr, EECR_ADDRESS, "eeprom", AVR_IOMEM_IRQ_ALL), on_eeprom,
                            b);
}

// --- pins, and the chip itself

static const char *const pin_names[] = {"B0", "B1", "B2", "B3", "B4", "B5", "B6", "B7"};
static struct {
    struct board *board;
    int bit;
} watched[8];

static void on_pin(struct avr_irq_t *irq, uint32_t value, void *param) {
    int bit = *(int *)param;
    char text[8];
    if (irq->value == value)
        return;
    snprintf(text, sizeof text, "%s %u", pin_names[bit], value);
    board_log(watched[bit].board, watched[bit].board->avr->cycle, "pin", text);
}

void board_pin(struct board *b, char port, int bit, int level) {
    avr_raise_irq(avr_io_getirq(b->avr, AVR_IOCTL_IOPORT_GETIRQ(port), bit), (uint32_t)level);
}

void board_stall(struct board *b) {
    // `rjmp .-2` in the last word of the flash, which no firmware here reaches.
    b->avr->flash[b->avr->flashend - 1] = 0xFF;
    b->avr->flash[b->avr->flashend] = 0xCF;
    b->avr->pc = b->avr->flashend - 1;
}

// A sleeping chip costs no time here; the pace is kept by whoever calls board_run.
static void no_sleep(avr_t *avr, avr_cycle_count_t how_long) {}

static void only_errors(avr_t *avr, const int level, const char *format, va_list arguments) {
    if (level <= LOG_ERROR)
        vfprintf(stderr, format, arguments);
}

bool board_start(struct board *b, const char *mcu, uint32_t frequency, const char *elf) {
    elf_firmware_t firmware = {0};
    avr_global_logger_set(only_errors);
    b->avr = avr_make_mcu_by_name(mcu);
    if (!b->avr || elf_read_firmware(elf, &firmware) != 0) {
        fprintf(stderr, "simavr_run: no chip %s, or no firmware %s\n", mcu, elf);
        return false;
    }
    avr_init(b->avr);
    firmware.frequency = frequency;
    avr_load_firmware(b->avr, &firmware);
    b->avr->sleep = no_sleep;
    b->lowest_stack = b->avr->ramend;
    load_eeprom(b);
    for (int bit = 0; bit < 8; bit++) {
        watched[bit].board = b;
        watched[bit].bit = bit;
        avr_irq_register_notify(avr_io_getirq(b->avr, AVR_IOCTL_IOPORT_GETIRQ('B'), bit), on_pin,
                                &watched[bit].bit);
    }
    return true;
}

bool board_run(struct board *b, avr_cycle_count_t cycles) {
    avr_t *avr = b->avr;
    avr_cycle_count_t end = avr->cycle + cycles;
    while (avr->cycle < end && !b->cut) {
        int state = avr_run(avr);
        if (state == cpu_Done || state == cpu_Crashed)
            return false;
        uint16_t stack = (uint16_t)(avr->data[R_SPL] | avr->data[R_SPH] << 8);
        // Below the memory it is not set up yet.
        if (stack < b->lowest_stack && stack > 0x100)
            b->lowest_stack = stack;
    }
    return true;
}
