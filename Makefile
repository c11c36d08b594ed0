# SPDX-License-Identifier: GPL-2.0-only
#
# The commands that kernel people know. Each calls `cargo xtask`, which does the work
# and can be called directly; `make help` lists them.

# The build directory of the kernel to build for, instead of the default test kernel:
#	make KDIR=/lib/modules/$(uname -r)/build
export KDIR
export INSTALL_MOD_PATH
# Which test kernel, by the names that `cargo xtask kernels` prints.
KERNEL ?=
# Further arguments for xtask.
ARGS ?=

ifeq ($(KDIR),)
unexport KDIR
endif
ifeq ($(INSTALL_MOD_PATH),)
unexport INSTALL_MOD_PATH
endif

xtask := cargo xtask
kernel := $(if $(KERNEL),--kernel $(KERNEL))
signature := $(if $(KEY),--key $(KEY)) $(if $(CERT),--certificate $(CERT))

.PHONY: all modules run test bench check docs shell setup doctor modules_install modules_sign clean distclean help

all: modules

modules:
	@$(xtask) build $(kernel) $(ARGS)

run:
	@$(xtask) run $(kernel) $(ARGS)

test:
	@$(xtask) check
	@$(xtask) test $(kernel) $(ARGS)

bench:
	@$(xtask) bench $(kernel) $(ARGS)

check:
	@$(xtask) check

docs:
	@$(xtask) docs $(kernel) $(ARGS)

shell:
	@$(xtask) shell $(kernel) $(ARGS)

setup:
	@$(xtask) setup $(kernel) $(ARGS)

doctor:
	@$(xtask) doctor $(kernel) $(ARGS)

modules_install:
	@$(xtask) install $(kernel) $(signature) $(ARGS)

modules_sign:
	@$(if $(and $(KEY),$(CERT)),,$(error say with what: make modules_sign KEY=key.pem CERT=cert.pem))
	@$(xtask) sign $(kernel) $(signature) $(ARGS)

# What was built; what was fetched stays.
clean:
	rm -rf target/ferrite .ferrite

# Everything.
distclean: clean
	rm -rf target

help:
	@echo 'make                  build all modules for the default test kernel'
	@echo 'make KDIR=DIR         build them for the kernel with this build directory'
	@echo 'make run              boot every test kernel, use the modules there, print what happened'
	@echo 'make test             check, then the regression suite; CI runs it, and bench with --gate'
	@echo 'make bench            what the Rust costs beside C, in executed instructions'
	@echo 'make check            format, lints, unit tests, licences: no guest'
	@echo 'make docs             the documentation of the kernel crate, the drivers and the samples'
	@echo 'make shell            a shell in a guest with the modules in it'
	@echo 'make setup            fetch kernels and tools now; the other commands do it when needed'
	@echo 'make doctor           what is there, what is missing, how to get it'
	@echo 'make modules_install  build and install; honours KDIR, INSTALL_MOD_PATH, KEY and CERT'
	@echo 'make modules_sign     build and sign with KEY= and CERT='
	@echo 'make clean            remove what was built'
	@echo 'make distclean        remove what was fetched, too'
	@echo
	@echo 'KERNEL=ID picks one test kernel (cargo xtask kernels lists them), ARGS= passes options'
	@echo 'on: make test KERNEL=debian-6.1-i386 ARGS="rnull --repeat 3".'
