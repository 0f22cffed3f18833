/**
 * The tables by which a kernel finds the places where it rewrites its own text. Each entry is
 * checked against the instruction that its mechanism patches: a table of an unknown layout is an
 * error that names the table. Knows ELF sections and symbols; knows nothing of guests.
 */
package io.plumbline.signaturestore.extract.sites;
