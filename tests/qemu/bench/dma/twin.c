// SPDX-License-Identifier: GPL-2.0-only
/*
 * The same operations as in src/lib.rs, as a driver in C does them. It is compiled twice: as every
 * module of the kernel, and as the Rust is, without tracing entries and stack protector.
 */
#include <linux/completion.h>
#include <linux/debugfs.h>
#include <linux/dma-mapping.h>
#include <linux/interrupt.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#define PENDING		0x24
#define RAISE		0x60
#define ACKNOWLEDGE	0x64

#define ACCESSES	50000
#define MAPPINGS	2000
#define TABLES		500
#define LONG_TABLES	100
#define INTERRUPTS	500
/* The most that is scattered at once. */
#define MOST_PAGES	256

/* How many accesses are made in a row: as in src/lib.rs. */
#define ROW		4

#define SLOTS		64
#define OWNED		BIT(31)

struct descriptor {
	u64 address;
	u32 len;
	u32 flags;
};

struct ring {
	u32 head;
	u32 tail;
	struct descriptor slots[SLOTS];
};

struct bench {
	struct device *dev;
	void __iomem *base;
	struct completion interrupted;
	struct dentry *dir;
	/* What is mapped: a page, and the most that is scattered. */
	void *page;
	void *pages;
};

/* No access is for nothing. */
static u32 sink;

static u32 bench_coherent(struct ring *ring)
{
	u32 row, i, sum = 0;

	for (row = 0; row < ACCESSES / ROW; row++) {
#pragma GCC unroll 4
		for (i = 0; i < ROW; i++) {
			WRITE_ONCE(ring->tail, row + i);
			sum += READ_ONCE(ring->head);
		}
	}
	return sum;
}

static void bench_produce(struct ring *ring, u32 number)
{
	struct descriptor *slot = &ring->slots[number % SLOTS];

	WRITE_ONCE(slot->address, (u64)number << 12);
	WRITE_ONCE(slot->len, number);
	dma_wmb();
	WRITE_ONCE(slot->flags, OWNED);
	WRITE_ONCE(ring->tail, number + 1);
}

static int bench_consume(struct ring *ring, u32 number, u32 *len)
{
	struct descriptor *slot = &ring->slots[number % SLOTS];

	if (!(READ_ONCE(slot->flags) & OWNED))
		return -EAGAIN;
	dma_rmb();
	*len = READ_ONCE(slot->len);
	WRITE_ONCE(slot->flags, 0);
	WRITE_ONCE(ring->head, number + 1);
	return 0;
}

static int bench_ring(struct ring *ring)
{
	u32 number, len, sum = 0;
	int ret;

	for (number = 0; number < ACCESSES; number++) {
		bench_produce(ring, number);
		ret = bench_consume(ring, number, &len);
		if (ret)
			return ret;
		sum += len;
	}
	WRITE_ONCE(sink, sum);
	return 0;
}

static int with_ring(struct bench *bench, bool only_fields)
{
	dma_addr_t address;
	struct ring *ring;
	int ret = 0;

	ring = dma_alloc_coherent(bench->dev, sizeof(*ring), &address, GFP_KERNEL);
	if (!ring)
		return -ENOMEM;
	if (only_fields)
		WRITE_ONCE(sink, bench_coherent(ring));
	else
		ret = bench_ring(ring);
	dma_free_coherent(bench->dev, sizeof(*ring), ring, address);
	return ret;
}

static int bench_stream(struct bench *bench)
{
	struct device *dev = bench->dev;
	void *page = bench->page;
	u32 i, sum = 0;

	for (i = 0; i < MAPPINGS; i++) {
		dma_addr_t address = dma_map_single(dev, page, PAGE_SIZE, DMA_TO_DEVICE);

		if (dma_mapping_error(dev, address))
			return -ENOMEM;
		sum += address;
		dma_unmap_single(dev, address, PAGE_SIZE, DMA_TO_DEVICE);
	}
	WRITE_ONCE(sink, sum);
	return 0;
}

/* The list of the pages behind memory that lies anywhere, in pieces that the device can take. */
static int bench_table(struct bench *bench, struct sg_table *table, void *buffer, u32 count)
{
	struct page **pages = kmalloc_array(count, sizeof(*pages), GFP_KERNEL);
	u32 i;
	int ret;

	if (!pages)
		return -ENOMEM;
	for (i = 0; i < count; i++)
		pages[i] = vmalloc_to_page(buffer + i * PAGE_SIZE);
	ret = sg_alloc_table_from_pages_segment(table, pages, count, 0, (size_t)count * PAGE_SIZE,
						dma_get_max_seg_size(bench->dev), GFP_KERNEL);
	kfree(pages);
	return ret;
}

static int bench_scatter_one(struct bench *bench, void *buffer, u32 pages, u32 *sum)
{
	struct scatterlist *sg;
	struct sg_table table;
	u32 i;
	int ret;

	ret = bench_table(bench, &table, buffer, pages);
	if (ret)
		return ret;
	ret = dma_map_sgtable(bench->dev, &table, DMA_TO_DEVICE, 0);
	if (!ret) {
		for_each_sgtable_dma_sg(&table, sg, i)
			*sum += (u32)sg_dma_address(sg) + sg_dma_len(sg);
		dma_unmap_sgtable(bench->dev, &table, DMA_TO_DEVICE, 0);
	}
	sg_free_table(&table);
	return ret;
}

static int bench_scatter(struct bench *bench, u32 pages, u32 count)
{
	u32 i, sum = 0;
	int ret = 0;

	for (i = 0; i < count && !ret; i++)
		ret = bench_scatter_one(bench, bench->pages, pages, &sum);
	WRITE_ONCE(sink, sum);
	return ret;
}

static int bench_interrupt(struct bench *bench)
{
	u32 i;

	for (i = 0; i < INTERRUPTS; i++) {
		writel(1, bench->base + RAISE);
		wait_for_completion(&bench->interrupted);
	}
	return 0;
}

static irqreturn_t bench_handler(int irq, void *cookie)
{
	struct bench *bench = cookie;
	u32 pending = readl(bench->base + PENDING);

	if (!pending)
		return IRQ_NONE;
	writel(pending, bench->base + ACKNOWLEDGE);
	complete(&bench->interrupted);
	return IRQ_HANDLED;
}

static int bench_run(struct bench *bench, u8 which)
{
	switch (which) {
	case 0:
		return with_ring(bench, true);
	case 1:
		return with_ring(bench, false);
	case 2:
		return bench_stream(bench);
	case 3:
		return bench_scatter(bench, 1, TABLES);
	case 4:
		return bench_scatter(bench, 16, TABLES);
	case 5:
		return bench_scatter(bench, MOST_PAGES, LONG_TABLES);
	case 6:
		return bench_interrupt(bench);
	default:
		return -EINVAL;
	}
}

static ssize_t run_write(struct file *file, const char __user *text, size_t count, loff_t *pos)
{
	u8 which;
	int ret;

	ret = kstrtou8_from_user(text, count, 0, &which);
	if (!ret)
		ret = bench_run(file->private_data, which);
	return ret ? ret : count;
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
	bench->dev = &pdev->dev;
	init_completion(&bench->interrupted);
	bench->page = devm_kzalloc(&pdev->dev, PAGE_SIZE, GFP_KERNEL);
	if (!bench->page)
		return -ENOMEM;
	ret = pcim_enable_device(pdev);
	if (ret)
		return ret;
	pci_set_master(pdev);
	ret = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(32));
	if (ret)
		return ret;
	/* Each page is a piece: which of them lie side by side is chance. */
	dma_set_max_seg_size(&pdev->dev, PAGE_SIZE);
	bench->base = pcim_iomap(pdev, 0, 0);
	if (!bench->base)
		return -ENOMEM;
	bench->pages = vzalloc(MOST_PAGES * PAGE_SIZE);
	if (!bench->pages)
		return -ENOMEM;
	ret = pci_alloc_irq_vectors(pdev, 1, 1, PCI_IRQ_MSI);
	if (ret < 0)
		goto free_pages;
	ret = request_irq(pci_irq_vector(pdev, 0), bench_handler, 0, KBUILD_MODNAME, bench);
	if (ret)
		goto free_vectors;
	bench->dir = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("run", 0200, bench->dir, bench, &run_fops);
	pci_set_drvdata(pdev, bench);
	return 0;

free_vectors:
	pci_free_irq_vectors(pdev);
free_pages:
	vfree(bench->pages);
	return ret;
}

static void bench_remove(struct pci_dev *pdev)
{
	struct bench *bench = pci_get_drvdata(pdev);

	debugfs_remove(bench->dir);
	free_irq(pci_irq_vector(pdev, 0), bench);
	pci_free_irq_vectors(pdev);
	vfree(bench->pages);
}

static const struct pci_device_id bench_ids[] = {
	{ PCI_DEVICE(0x1234, 0x11e8) },
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

MODULE_DESCRIPTION("Memory that a device shares, mappings and interrupts, to be counted");
MODULE_AUTHOR("The Ferrite developers");
MODULE_LICENSE("GPL");
