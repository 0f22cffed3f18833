/**
 * How results and progress reach a person or a program: data on stdout, all else on stderr. Knows
 * terminals, tables and JSON text; nothing of guests, streams or verdicts.
 */
package io.plumbline.cli.console;
