package org.pg2citus.sink.batch;

import static java.util.Objects.requireNonNull;

import java.util.Optional;
import org.pg2citus.sink.change.Row;

/**
 * A row that is in the target before the batch and after it.
 *
 * @param originKey the row's key in the target before the batch
 * @param before what is known of the target's row before the batch (with REPLICA IDENTITY FULL); a null in it may also
 *     mean "not sent"
 * @param after the row after the batch, with its new key; a value that is {@link Row#UNAVAILABLE} is unchanged in the
 *     target
 * @param keyChanged whether the key after the batch differs, as text, from {@code originKey}
 */
public record KeyedUpdate(Row originKey, Optional<Row> before, Row after, boolean keyChanged) {
    public KeyedUpdate {
        requireNonNull(originKey, "originKey is null");
        requireNonNull(before, "before is null");
        requireNonNull(after, "after is null");
    }
}
