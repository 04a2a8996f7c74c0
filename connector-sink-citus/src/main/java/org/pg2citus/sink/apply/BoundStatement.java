package org.pg2citus.sink.apply;

import java.util.List;

/**
 * A statement with its parameters as text.
 *
 * @param rows how many rows of the batch it is for: what it must hit, exactly
 */
record BoundStatement(String sql, List<String> parameters, int rows) {}
