/**
 * Kernel modules: relocatable ELF files, as the model of {@code golden.image}, laid out as the
 * kernel's loader does. Knows nothing of packages.
 */
package io.plumbline.signaturestore.extract.module;
