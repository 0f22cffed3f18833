/**
 * Recordings: the observations of one virtual machine in a file, and their replay as a guest. Knows
 * the file's form and integrity; not where observations come from, nor Avro's classes.
 */
package io.plumbline.ingest.recording;
