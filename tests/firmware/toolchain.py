"""Cross compilers of the firmware tests: which targets there are, and how the classifier, link, MAC and hook are built for them."""
import glob
import os
import shutil
import subprocess

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PARTS = {
    "classifier": ["proto/gcode.c", "proto/gcode_modal.c", "proto/gcode_classify.c", "proto/gcode_system.c"],
    "link": sorted(glob.glob("proto/link*.c", root_dir=TOP)) + ["proto/crc16.c"],
    "mac": ["proto/siphash.c"],
    "hook": sorted(glob.glob("hook/*.c", root_dir=TOP)),
}
# As a Grbl for a laser or CNC machine is compiled, on a Cortex-M as grblHAL; -std=gnu11 lets an AVR keep constant tables in flash.
COMMON = ["-Os", "-DGCODE_GRBL_ONLY", "-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections", "-Iproto", "-Ihook"]
BARE = ["-std=c11", "-ffreestanding", "-nostdlib", "-nostartfiles", "-DOWN_MEMORY_FUNCTIONS", "-Wl,-emain"]
# What is switched off are passes that trade size for speed, or that lose size here in spite of -Os: hook/README.md.
THUMB = BARE + ["-mthumb", "-mfloat-abi=soft", "-DGCODE_HAL", "-fno-thread-jumps", "-fno-jump-tables", "-fno-move-loop-invariants",
                "-fno-if-conversion", "-fno-ssa-phiopt", "-fno-schedule-insns2", "-fno-ipa-sra"]
# Without the postreload pass, as the reference firmwares: avr-gcc 5.4 gives wrong code in it (GCC bug 56833).
AVR = ["-std=gnu11", "-mcall-prologues", "-mrelax", "-fdisable-rtl-postreload", "-fno-tree-dominator-opts"]


class Target:
    def __init__(self, name, prefix, package, flags, budget=None, aim=False):
        self.name, self.prefix, self.package, self.flags = name, prefix, package, flags
        self.budget, self.aim = budget or {}, aim  # aim: the budget is not reached yet

    def missing(self):
        """Why it can't be compiled for, or None."""
        if shutil.which(self.prefix + "gcc"):
            return None
        return f"{self.prefix}gcc is not installed (Debian: {self.package})"

    def run(self, tool, *arguments):
        done = subprocess.run([self.prefix + tool, *arguments], cwd=TOP, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{self.prefix}{tool} {' '.join(arguments)}\n{done.stderr}")
        return done.stdout

    def version(self):
        return self.run("gcc", "-dumpfullversion", "-dumpversion").strip()

    def compile(self, sources, folder, *flags):
        """Objects of the sources, in folder. Their names are the sources' with `_` for `/`."""
        objects = []
        for source in sources:
            obj = os.path.join(folder, source.replace("/", "_").removesuffix(".c") + ".o")
            options = [f for f in COMMON + self.flags if not f.startswith("-Wl,")]
            self.run("gcc", *options, *flags, "-c", source, "-o", obj)
            objects.append(obj)
        return objects

    def link(self, objects, out, *flags):
        libraries = ["-lgcc"] if "-nostdlib" in self.flags else []
        self.run("gcc", *COMMON, *self.flags, *flags, *objects, *libraries, "-o", out)


# link.md: link, classifier and MAC together.
KIB = 1024
TARGETS = [
    Target("ATmega328P", "avr-", "gcc-avr avr-libc", AVR + ["-mmcu=atmega328p"],
           {"flash": 6 * KIB, "ram": 256, "stack": 192}),
    Target("ATmega2560", "avr-", "gcc-avr avr-libc", AVR + ["-mmcu=atmega2560"]),
    Target("Cortex-M0+", "arm-none-eabi-", "gcc-arm-none-eabi", THUMB + ["-mcpu=cortex-m0plus"], {"flash": 4 * KIB}, aim=True),
    Target("Cortex-M3", "arm-none-eabi-", "gcc-arm-none-eabi", THUMB + ["-mcpu=cortex-m3"], {"flash": 4 * KIB}),
    Target("Cortex-M4", "arm-none-eabi-", "gcc-arm-none-eabi", THUMB + ["-mcpu=cortex-m4"], {"flash": 4 * KIB}),
    Target("riscv32", "riscv64-unknown-elf-", "gcc-riscv64-unknown-elf", BARE + ["-march=rv32imc", "-mabi=ilp32"]),
    Target("lx106", "xtensa-lx106-elf-", "gcc-xtensa-lx106", BARE + ["-mlongcalls"]),
]

AVR_TARGET = TARGETS[0]
# How a firmware is compiled that keeps the times: across files. It is smaller too, but tells no parts apart.
AVR_WHOLE = ["-flto"]


def build_avr(main, sources, out, *flags):
    """A test firmware for simavr."""
    options = [*COMMON, *AVR_TARGET.flags, "-Itests/unit", *flags]
    AVR_TARGET.run("gcc", *options, main, *sources, "-o", out)
