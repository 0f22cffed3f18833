/**
 * Kafka, topics, signatures and the analysis job brought up together in this process, and taken
 * down in the right order however the process ends. Knows the embedded rooms; nothing of consoles.
 */
package io.plumbline.cli.stage;
