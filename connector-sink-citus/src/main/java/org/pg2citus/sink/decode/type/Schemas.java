package org.pg2citus.sink.decode.type;

import org.apache.kafka.connect.data.Schema;

/** Words for schemas. */
final class Schemas {

    private Schemas() {}

    static String describe(Schema schema) {
        return schema.name() == null ? schema.type().toString() : schema.type() + " (" + schema.name() + ")";
    }
}
