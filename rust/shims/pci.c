// SPDX-License-Identifier: GPL-2.0-only
#include <linux/console.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/screen_info.h>
#include <linux/string.h>
#include <linux/sysfb.h>
#include <linux/vgaarb.h>
#include "ferrite_probes.h"
#include "pci.h"

#ifndef HAVE_PCI_IRQ_INTX
#define PCI_IRQ_INTX PCI_IRQ_LEGACY
#endif

struct device *ferrite_pci_to_device(struct pci_dev *dev)
{
	return &dev->dev;
}

struct pci_dev *ferrite_pci_from_device(struct device *dev)
{
	return to_pci_dev(dev);
}

int ferrite_pci_driver_register(struct pci_driver *driver, struct module *owner, const char *name,
				const struct pci_device_id *ids, const struct ferrite_pci_ops *ops)
{
	memset(driver, 0, sizeof(*driver));
	driver->name = name;
	driver->id_table = ids;
	driver->probe = ops->probe;
	driver->remove = ops->remove;
	driver->shutdown = ops->shutdown;
	driver->driver.pm = ops->pm;
	driver->err_handler = ops->errors;
	return __pci_register_driver(driver, owner, owner->name);
}

void ferrite_pci_ids(const struct pci_dev *dev, struct ferrite_pci_ids *ids)
{
	*ids = (struct ferrite_pci_ids) {
		.class = dev->class,
		.vendor = dev->vendor,
		.device = dev->device,
		.subsystem_vendor = dev->subsystem_vendor,
		.subsystem_device = dev->subsystem_device,
		.revision = dev->revision,
	};
}

void ferrite_pci_resource(const struct pci_dev *dev, unsigned int bar, struct ferrite_pci_resource *resource)
{
	unsigned long flags = pci_resource_flags(dev, bar);
	bool set = !(flags & IORESOURCE_UNSET) && pci_resource_start(dev, bar);

	*resource = (struct ferrite_pci_resource) {
		.start = pci_resource_start(dev, bar),
		.len = pci_resource_len(dev, bar),
		.memory = set && (flags & IORESOURCE_MEM),
		.ports = set && (flags & IORESOURCE_IO),
	};
}

/* A claim ends with the binding at the latest: the name goes with the module. */
static void ferrite_pci_claim_release(struct device *dev, void *bar)
{
	pci_release_region(to_pci_dev(dev), *(unsigned int *)bar);
}

static int ferrite_pci_claim_match(struct device *dev, void *bar, void *wanted)
{
	return *(unsigned int *)bar == *(unsigned int *)wanted;
}

int ferrite_pci_claim(struct pci_dev *dev, unsigned int bar, const char *name)
{
	unsigned int *claim = devres_alloc(ferrite_pci_claim_release, sizeof(*claim), GFP_KERNEL);
	int ret;

	if (!claim)
		return -ENOMEM;
	*claim = bar;
	ret = pci_request_region(dev, bar, name);
	if (ret)
		devres_free(claim);
	else
		devres_add(&dev->dev, claim);
	return ret;
}

/* Nothing if the device's end has come already: then that ends the claim. */
void ferrite_pci_disclaim(struct pci_dev *dev, unsigned int bar)
{
	devres_release(&dev->dev, ferrite_pci_claim_release, ferrite_pci_claim_match, &bar);
}

void *ferrite_pci_map(struct pci_dev *dev, unsigned int bar)
{
	return (__force void *)pci_iomap(dev, bar, 0);
}

void ferrite_pci_unmap(struct pci_dev *dev, void *address)
{
	pci_iounmap(dev, (__force void __iomem *)address);
}

static void ferrite_pci_vectors_release(struct device *dev, void *memory)
{
	pci_free_irq_vectors(to_pci_dev(dev));
}

static unsigned int ferrite_pci_vector_flags(unsigned int types)
{
	return (types & FERRITE_PCI_VECTORS_INTX ? PCI_IRQ_INTX : 0) |
	       (types & FERRITE_PCI_VECTORS_MSI ? PCI_IRQ_MSI : 0) |
	       (types & FERRITE_PCI_VECTORS_MSIX ? PCI_IRQ_MSIX : 0);
}

/* Until the device is unbound, and once: C warns of a second time, and expects no two at once. */
int ferrite_pci_vectors(struct pci_dev *dev, unsigned int min, unsigned int max, unsigned int types)
{
	static DEFINE_MUTEX(lock);
	void *vectors = devres_alloc(ferrite_pci_vectors_release, 1, GFP_KERNEL);
	int ret = -EBUSY;

	if (!vectors)
		return -ENOMEM;
	mutex_lock(&lock);
	if (!pci_dev_msi_enabled(dev) && !devres_find(&dev->dev, ferrite_pci_vectors_release, NULL, NULL))
		ret = pci_alloc_irq_vectors(dev, min, max, ferrite_pci_vector_flags(types));
	if (ret < 0)
		devres_free(vectors);
	else
		devres_add(&dev->dev, vectors);
	mutex_unlock(&lock);
	return ret;
}

/* As pci_reset_function_locked(), but for the calls of the driver. */
int ferrite_pci_reset_function(struct pci_dev *dev)
{
	int ret;

	pci_set_power_state(dev, PCI_D0);
	ret = pci_save_state(dev);
	if (ret)
		return ret;
	pci_write_config_word(dev, PCI_COMMAND, PCI_COMMAND_INTX_DISABLE);
	ret = __pci_reset_function_locked(dev);
	pci_restore_state(dev);
	return ret;
}

/* The state was saved once, and is good for more than one error. */
void ferrite_pci_restore_after_error(struct pci_dev *dev)
{
	dev->state_saved = true;
	pci_restore_state(dev);
}

unsigned int ferrite_pci_total_vfs(struct pci_dev *dev)
{
	return pci_sriov_get_totalvfs(dev);
}

u16 ferrite_pci_dev_id(struct pci_dev *dev)
{
	return pci_dev_id(dev);
}

int ferrite_pci_config_size(const struct pci_dev *dev)
{
	return dev->cfg_size;
}

#if defined(CONFIG_VT) && defined(CONFIG_VGA_CONSOLE)
/* What the boot left on the screen. */
#ifdef HAVE_SYSFB_PRIMARY_DISPLAY
#define ferrite_screen sysfb_primary_display.screen
#else
#define ferrite_screen screen_info
#endif

/*
 * vgacon writes to what the VGA arbiter's default device shows at 0xb8000, and claims nothing of that device. Where a boot has found no VGA, vgacon
 * takes what is there for a CGA, even if nothing is; the arbiter has a default device nevertheless. So the boot must have found a VGA in text mode: 1.
 */
bool ferrite_pci_has_text_console(struct pci_dev *dev)
{
	bool bound;

	if (vga_default_device() != dev || ferrite_screen.orig_video_isVGA != 1)
		return false;
	console_lock();
	bound = con_is_bound(&vga_con);
	console_unlock();
	return bound;
}
#else
bool ferrite_pci_has_text_console(struct pci_dev *dev)
{
	return false;
}
#endif
