/**
 * How the guest's page tables turn addresses into frames: each paging mode as data, one rule for an
 * entry, the walk of one address and the bounded sweep of all of them. Knows memory and the
 * registers that switch paging; not what the mapped bytes mean.
 */
package io.plumbline.introspection.paging;
