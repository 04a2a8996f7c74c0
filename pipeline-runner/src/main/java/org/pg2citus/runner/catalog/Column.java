package org.pg2citus.runner.catalog;

/**
 * A column.
 *
 * @param type as {@code format_type} writes it, with the schema of types outside of pg_catalog
 * @param generated computed from other columns: never copied, never in the stream
 * @param hasDefault a default or an identity fills it when nothing is given
 */
public record Column(String name, String type, boolean notNull, boolean generated, boolean hasDefault) {}
