// SPDX-License-Identifier: GPL-2.0-only
/*
 * The same accesses as in src/lib.rs, as a driver in C makes them. It is compiled twice: as
 * every module of the kernel, and as the Rust is, without tracing entries and stack protector.
 */
#include <linux/bitfield.h>
#include <linux/debugfs.h>
#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/iopoll.h>
#include <linux/module.h>
#include <linux/pci.h>

#define STATUS		0x100
#define STATUS_BUSY	BIT(31)
#define STATUS_LEVEL	GENMASK(15, 8)
#define TABLE(i)	(0x140 + 4 * (i))
#define TABLE_COUNT	8
#define WIDE		0x180

#define COUNT		500000
#define POLLS		100
#define LEVEL		0x5a
/* How many accesses are made in a row: as in src/lib.rs. */
#define ROW		4

struct bench {
	void __iomem *base;
	struct dentry *dir;
};

/* No access is for nothing. */
static u32 sink;
/* The compiler is not to know that a poll ends before its time is over. */
static u32 polls = POLLS;
/* Nor what a field is set to. */
static u8 level = LEVEL;

static u32 bench_read(void __iomem *base)
{
	u32 row, i, sum = 0;

	for (row = 0; row < COUNT / ROW; row++) {
#pragma GCC unroll 4
		for (i = 0; i < ROW; i++)
			sum += readl(base + STATUS);
	}
	return sum;
}

static u32 bench_write(void __iomem *base)
{
	u32 row, i;

	for (row = 0; row < COUNT / ROW; row++) {
#pragma GCC unroll 4
		for (i = 0; i < ROW; i++)
			writel(row + i, base + STATUS);
	}
	return 0;
}

static u32 bench_field(void __iomem *base)
{
	u32 row, i, sum = 0;

	for (row = 0; row < COUNT / ROW; row++) {
#pragma GCC unroll 4
		for (i = 0; i < ROW; i++)
			sum += FIELD_GET(STATUS_LEVEL, readl(base + STATUS));
	}
	return sum;
}

static u32 bench_update(void __iomem *base)
{
	u8 new = READ_ONCE(level);
	u32 row, i;

	for (row = 0; row < COUNT / ROW; row++) {
#pragma GCC unroll 4
		for (i = 0; i < ROW; i++) {
			u32 status = readl(base + STATUS);

			status &= ~STATUS_LEVEL;
			status |= FIELD_PREP(STATUS_LEVEL, new);
			writel(status, base + STATUS);
		}
	}
	return 0;
}

static u32 bench_array(void __iomem *base)
{
	u32 row, i, sum = 0;

	for (row = 0; row < COUNT / ROW; row++) {
#pragma GCC unroll 4
		for (i = 0; i < ROW; i++)
			sum += readl(base + TABLE((row + i) % TABLE_COUNT));
	}
	return sum;
}

static __always_inline u32 bench_ask(void __iomem *base, u32 *asked)
{
	++*asked;
	return readl(base + STATUS);
}

static u32 bench_poll(void __iomem *base)
{
	u32 i, status, sum = 0, most = READ_ONCE(polls);

	for (i = 0; i < COUNT / POLLS; i++) {
		u32 asked = 0;
		int ret = read_poll_timeout_atomic(bench_ask, status, asked == most || (status & STATUS_BUSY),
						   0, USEC_PER_SEC, false, base, &asked);

		sum += ret ? 1 : status;
	}
	return sum;
}

static u32 bench_wide(void __iomem *base)
{
	u32 row, i, sum = 0;

	for (row = 0; row < COUNT / ROW; row++) {
#pragma GCC unroll 4
		for (i = 0; i < ROW; i++) {
			u64 wide = lo_hi_readq(base + WIDE);

			sum += (u32)(wide ^ (wide >> 32));
		}
	}
	return sum;
}

static ssize_t run_write(struct file *file, const char __user *text, size_t count, loff_t *pos)
{
	struct bench *bench = file->private_data;
	u32 sum;
	u8 which;
	int ret;

	ret = kstrtou8_from_user(text, count, 0, &which);
	if (ret)
		return ret;
	switch (which) {
	case 0:
		sum = bench_read(bench->base);
		break;
	case 1:
		sum = bench_write(bench->base);
		break;
	case 2:
		sum = bench_field(bench->base);
		break;
	case 3:
		sum = bench_update(bench->base);
		break;
	case 4:
		sum = bench_array(bench->base);
		break;
	case 5:
		sum = bench_poll(bench->base);
		break;
	case 6:
		sum = bench_wide(bench->base);
		break;
	default:
		return -EINVAL;
	}
	WRITE_ONCE(sink, sum);
	return count;
}

static const struct file_operations run_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = run_write,
};

static int bench_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct bench *bench;
	int ret;

	bench = devm_kzalloc(&pdev->dev, sizeof(*bench), GFP_KERNEL);
	if (!bench)
		return -ENOMEM;
	ret = pcim_enable_device(pdev);
	if (ret)
		return ret;
	bench->base = pcim_iomap(pdev, 2, 0);
	if (!bench->base)
		return -ENOMEM;
	bench->dir = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("run", 0200, bench->dir, bench, &run_fops);
	pci_set_drvdata(pdev, bench);
	return 0;
}

static void bench_remove(struct pci_dev *pdev)
{
	struct bench *bench = pci_get_drvdata(pdev);

	debugfs_remove(bench->dir);
}

static const struct pci_device_id bench_ids[] = {
	{ PCI_DEVICE(0x1b36, 0x0005) },
	{}
};
MODULE_DEVICE_TABLE(pci, bench_ids);

static struct pci_driver bench_driver = {
	.name = KBUILD_MODNAME,
	.id_table = bench_ids,
	.probe = bench_probe,
	.remove = bench_remove,
};
module_pci_driver(bench_driver);

MODULE_DESCRIPTION("Accesses to registers, to be counted");
MODULE_AUTHOR("The Ferrite developers");
MODULE_LICENSE("GPL");
