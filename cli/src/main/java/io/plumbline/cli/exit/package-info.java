/** The exit codes, and the failure that carries one. Knows nothing else. */
package io.plumbline.cli.exit;
