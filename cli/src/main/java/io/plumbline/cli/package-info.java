/**
 * The {@code plumbline} command: where arguments become calls and outcomes become exit codes. Knows
 * every room of the house; no room knows it.
 */
package io.plumbline.cli;
