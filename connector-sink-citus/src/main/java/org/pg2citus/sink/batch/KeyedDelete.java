package org.pg2citus.sink.batch;

import static java.util.Objects.requireNonNull;

import java.util.Optional;
import org.pg2citus.sink.change.Row;

/**
 * A row that is in the target before the batch, and no longer after it.
 *
 * @param key the row's key in the target before the batch
 * @param before what is known of the target's row before the batch (with REPLICA IDENTITY FULL); a null in it may also
 *     mean "not sent"
 */
public record KeyedDelete(Row key, Optional<Row> before) {
    public KeyedDelete {
        requireNonNull(key, "key is null");
        requireNonNull(before, "before is null");
    }
}
