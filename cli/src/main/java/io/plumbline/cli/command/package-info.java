/**
 * One class per command: what it takes, in which order it asks the rooms, and which exit code the
 * outcome is. Computes nothing itself.
 */
package io.plumbline.cli.command;
