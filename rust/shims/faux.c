// SPDX-License-Identifier: GPL-2.0-only
#include "ferrite_probes.h"
#include "platform.h"

#ifdef HAVE_FAUX_DEVICE
#include <linux/device/faux.h>

struct device *ferrite_faux_create(const char *name, struct device *parent)
{
	struct faux_device *faux = faux_device_create(name, parent, NULL);

	return faux ? &faux->dev : NULL;
}

void ferrite_faux_destroy(struct device *dev)
{
	faux_device_destroy(to_faux_device(dev));
}
#else
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

/* A platform device, and a driver for nothing else, from which it cannot be taken by sysfs. */
struct ferrite_faux {
	struct platform_driver driver;
	char name[];
};

static int ferrite_faux_probe(struct platform_device *dev)
{
	return 0;
}

static struct ferrite_faux *ferrite_faux_driver(const char *name)
{
	struct ferrite_faux *faux = kzalloc(sizeof(*faux) + strlen(name) + 1, GFP_KERNEL);

	if (!faux)
		return NULL;
	strcpy(faux->name, name);
	faux->driver.probe = ferrite_faux_probe;
	faux->driver.driver.name = faux->name;
	faux->driver.driver.suppress_bind_attrs = true;
	faux->driver.driver.probe_type = PROBE_FORCE_SYNCHRONOUS;
	if (!platform_driver_register(&faux->driver))
		return faux;
	kfree(faux);
	return NULL;
}

static void ferrite_faux_free(struct ferrite_faux *faux)
{
	platform_driver_unregister(&faux->driver);
	kfree(faux);
}

struct device *ferrite_faux_create(const char *name, struct device *parent)
{
	struct ferrite_faux *faux = ferrite_faux_driver(name);
	struct platform_device *dev;

	if (!faux)
		return NULL;
	dev = ferrite_platform_device_register(parent, name, PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(dev))
		goto free;
	if (dev->dev.driver == &faux->driver.driver)
		return &dev->dev;
	/* Another driver has that name among its ids. */
	platform_device_unregister(dev);
free:
	ferrite_faux_free(faux);
	return NULL;
}

void ferrite_faux_destroy(struct device *dev)
{
	struct ferrite_faux *faux = container_of(dev->driver, struct ferrite_faux, driver.driver);

	platform_device_unregister(to_platform_device(dev));
	ferrite_faux_free(faux);
}
#endif
