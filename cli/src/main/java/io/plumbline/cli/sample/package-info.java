/**
 * Recordings that tell a guest against its kernel's file, so that a sample of a whole kernel is
 * small. They are of use only together with that file.
 */
package io.plumbline.cli.sample;
