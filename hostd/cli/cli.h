// cli: the command line: one table of command groups, one file per group.
//
// Commands run against the daemon when it holds the data directory (through its Unix socket), and open the
// ledger themselves when it does not run. Exit status: 0 done, 1 refused, 2 bad usage, 3 daemon not reachable.
#ifndef LOTGATE_CLI_H
#define LOTGATE_CLI_H

#define CLI_DONE      0
#define CLI_REFUSED   1
#define CLI_USAGE     2
#define CLI_NO_DAEMON 3

// `serve` (main's) and `devices` need the wire floor, which cli may not see: main hands them in.
struct cli_hooks {
    int (*serve)(int argc, char **argv);   // argv[0] is "serve"
    int (*devices)(int argc, char **argv); // argv[0] is "devices"
};

// Runs the command of argv[1..]; returns the exit status.
int cli_main(int argc, char **argv, const struct cli_hooks *hooks);

#endif
