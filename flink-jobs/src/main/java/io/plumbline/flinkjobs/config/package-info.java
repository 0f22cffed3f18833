/**
 * What the job is told before it starts: one record, complete and checked. Operators never read
 * settings themselves.
 */
package io.plumbline.flinkjobs.config;
