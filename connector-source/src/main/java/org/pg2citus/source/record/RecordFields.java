package org.pg2citus.source.record;

import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;

/** Names and schemas that all records share: those of Debezium's envelope, less what no reader of ours needs. */
final class RecordFields {

    static final String OPERATION = "op";
    static final String BEFORE = "before";
    static final String AFTER = "after";
    static final String SOURCE = "source";
    static final String TRANSACTION = "transaction";
    static final String TIME = "ts_ms";

    /** Header of the delete of a pair that is an update of the key: the key that follows. */
    static final String NEW_KEY_HEADER = "__debezium.newkey";
    /** Header of the create of such a pair: the key that went. */
    static final String OLD_KEY_HEADER = "__debezium.oldkey";

    static final Schema SOURCE_SCHEMA = SchemaBuilder.struct()
            .name("org.pg2citus.source.Source")
            .field(TIME, Schema.INT64_SCHEMA)
            .field("schema", Schema.OPTIONAL_STRING_SCHEMA)
            .field("table", Schema.OPTIONAL_STRING_SCHEMA)
            .field("txId", Schema.OPTIONAL_INT64_SCHEMA)
            .field("lsn", Schema.INT64_SCHEMA)
            .build();

    static final Schema TRANSACTION_SCHEMA = SchemaBuilder.struct()
            .name("event.block")
            .version(1)
            .optional()
            .field("id", Schema.STRING_SCHEMA)
            .field("total_order", Schema.INT64_SCHEMA)
            .field("data_collection_order", Schema.INT64_SCHEMA)
            .build();

    static final Schema BOUNDARY_KEY_SCHEMA = SchemaBuilder.struct()
            .name("io.debezium.connector.common.TransactionMetadataKey")
            .version(1)
            .field("id", Schema.STRING_SCHEMA)
            .build();

    static final Schema BOUNDARY_SCHEMA = SchemaBuilder.struct()
            .name("io.debezium.connector.common.TransactionMetadataValue")
            .version(1)
            .field("status", Schema.STRING_SCHEMA)
            .field("id", Schema.STRING_SCHEMA)
            .field("event_count", Schema.OPTIONAL_INT64_SCHEMA)
            .field(TIME, Schema.INT64_SCHEMA)
            .build();

    static final Schema MESSAGE_KEY_SCHEMA = SchemaBuilder.struct()
            .name("io.debezium.connector.postgresql.MessageKey")
            .version(1)
            .field("prefix", Schema.OPTIONAL_STRING_SCHEMA)
            .build();

    static final Schema MESSAGE_BLOCK_SCHEMA = SchemaBuilder.struct()
            .name("io.debezium.connector.postgresql.Message")
            .version(1)
            .field("prefix", Schema.OPTIONAL_STRING_SCHEMA)
            .field("content", Schema.OPTIONAL_BYTES_SCHEMA)
            .build();

    static final Schema MESSAGE_SCHEMA = SchemaBuilder.struct()
            .name("io.debezium.connector.postgresql.MessageValue")
            .version(1)
            .field(OPERATION, Schema.STRING_SCHEMA)
            .field(TIME, Schema.OPTIONAL_INT64_SCHEMA)
            .field(SOURCE, SOURCE_SCHEMA)
            .field(TRANSACTION, TRANSACTION_SCHEMA)
            .field("message", MESSAGE_BLOCK_SCHEMA)
            .build();

    private RecordFields() {}
}
