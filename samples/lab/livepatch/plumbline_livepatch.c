// SPDX-License-Identifier: GPL-2.0
/*
 * Patches one function of a running kernel, as its owner may: /proc/cmdline then says what the
 * replacement prints. A sample for benign.sh; needs CONFIG_LIVEPATCH.
 */
#include <linux/kernel.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/seq_file.h>

static int replaced_cmdline_proc_show(struct seq_file *file, void *unused)
{
	seq_puts(file, "this was patched live\n");
	return 0;
}

static struct klp_func functions[] = {
	{ .old_name = "cmdline_proc_show", .new_func = replaced_cmdline_proc_show },
	{ }
};

/* No name: the kernel itself. */
static struct klp_object objects[] = {
	{ .funcs = functions },
	{ }
};

static struct klp_patch patch = { .mod = THIS_MODULE, .objs = objects };

static int __init enable(void)
{
	return klp_enable_patch(&patch);
}

/* A patch is disabled through sysfs before its module is unloaded. */
static void __exit gone(void)
{
}

module_init(enable);
module_exit(gone);
MODULE_DESCRIPTION("Replaces the function that prints the kernel's command line");
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
