/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_PCI_H
#define FERRITE_PCI_H

#include <linux/pci.h>

enum ferrite_pci_constants {
	FERRITE_PCI_BARS = PCI_STD_NUM_BARS,
	FERRITE_PCI_CHANNEL_NORMAL = (__force int)pci_channel_io_normal,
	FERRITE_PCI_CHANNEL_FROZEN = (__force int)pci_channel_io_frozen,
	FERRITE_PCI_ERS_CAN_RECOVER = (__force int)PCI_ERS_RESULT_CAN_RECOVER,
	FERRITE_PCI_ERS_NEED_RESET = (__force int)PCI_ERS_RESULT_NEED_RESET,
	FERRITE_PCI_ERS_DISCONNECT = (__force int)PCI_ERS_RESULT_DISCONNECT,
	FERRITE_PCI_ERS_RECOVERED = (__force int)PCI_ERS_RESULT_RECOVERED,
};

/* Bits, for ferrite_pci_vectors(). */
enum ferrite_pci_vector_types {
	FERRITE_PCI_VECTORS_INTX = 1,
	FERRITE_PCI_VECTORS_MSI = 2,
	FERRITE_PCI_VECTORS_MSIX = 4,
};

/* For tests: what the kernel tells a driver. */
enum ferrite_pci_ktest {
	FERRITE_PCI_KTEST_SHUTDOWN,
	FERRITE_PCI_KTEST_SUSPEND,
	FERRITE_PCI_KTEST_RESUME,
	FERRITE_PCI_KTEST_ERROR,
	FERRITE_PCI_KTEST_FREEZE,
	FERRITE_PCI_KTEST_DEATH,
	FERRITE_PCI_KTEST_RESET,
	FERRITE_PCI_KTEST_RESET_PREPARE,
	FERRITE_PCI_KTEST_RESET_DONE,
	FERRITE_PCI_KTEST_GO_ON,
};

/* How a driver in Rust is called. */
struct ferrite_pci_ops {
	int (*probe)(struct pci_dev *dev, const struct pci_device_id *id);
	void (*remove)(struct pci_dev *dev);
	void (*shutdown)(struct pci_dev *dev);
	const struct dev_pm_ops *pm;
	const struct pci_error_handlers *errors;
};

struct ferrite_pci_ids {
	u32 class;
	u16 vendor;
	u16 device;
	u16 subsystem_vendor;
	u16 subsystem_device;
	u8 revision;
};

struct ferrite_pci_resource {
	u64 start;
	u64 len;
	bool memory;
	bool ports;
};

struct device *ferrite_pci_to_device(struct pci_dev *dev);
struct pci_dev *ferrite_pci_from_device(struct device *dev);
int ferrite_pci_driver_register(struct pci_driver *driver, struct module *owner, const char *name,
				const struct pci_device_id *ids, const struct ferrite_pci_ops *ops);
void ferrite_pci_ids(const struct pci_dev *dev, struct ferrite_pci_ids *ids);
void ferrite_pci_resource(const struct pci_dev *dev, unsigned int bar, struct ferrite_pci_resource *resource);
int ferrite_pci_claim(struct pci_dev *dev, unsigned int bar, const char *name);
void ferrite_pci_disclaim(struct pci_dev *dev, unsigned int bar);
void *ferrite_pci_map(struct pci_dev *dev, unsigned int bar);
void ferrite_pci_unmap(struct pci_dev *dev, void *address);
int ferrite_pci_vectors(struct pci_dev *dev, unsigned int min, unsigned int max, unsigned int types);
int ferrite_pci_reset_function(struct pci_dev *dev);
void ferrite_pci_restore_after_error(struct pci_dev *dev);
unsigned int ferrite_pci_total_vfs(struct pci_dev *dev);
u16 ferrite_pci_dev_id(struct pci_dev *dev);
int ferrite_pci_config_size(const struct pci_dev *dev);
bool ferrite_pci_has_text_console(struct pci_dev *dev);
int ferrite_pci_ktest_event(struct pci_dev *dev, unsigned int event);

#endif
