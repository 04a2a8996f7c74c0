package org.pg2citus.source.record;

import java.util.List;
import java.util.stream.IntStream;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.pg2citus.source.pgoutput.Relation;

/** The schemas of one version of one table, and its rows as structs: every column is an optional string. */
final class TableRecords {

    private final TableKey tableKey;
    private final Relation relation;
    private final int[] keyColumns;
    private final Schema keySchema;
    private final List<Field> keyFields;
    private final Schema rowSchema;
    private final List<Field> rowFields;
    private final Schema envelopeSchema;
    private final Field before;
    private final Field after;
    private final Field source;
    private final Field transaction;
    private final Field operation;
    private final Field time;
    private long transactionXid = -1;
    private long transactionOrder;

    TableRecords(String topic, TableKey tableKey) {
        this.tableKey = tableKey;
        this.relation = tableKey.relation();
        this.keyColumns = tableKey.columns();
        String name = schemaName(topic) + "." + schemaName(relation.schema()) + "." + schemaName(relation.table());
        this.keySchema = struct(name + ".Key", keyColumns, false);
        this.keyFields = keySchema.fields();
        this.rowSchema = struct(
                name + ".Value", IntStream.range(0, relation.columns().size()).toArray(), true);
        this.rowFields = rowSchema.fields();
        this.envelopeSchema = SchemaBuilder.struct()
                .name(name + ".Envelope")
                .version(2)
                .field(RecordFields.BEFORE, rowSchema)
                .field(RecordFields.AFTER, rowSchema)
                .field(RecordFields.SOURCE, RecordFields.SOURCE_SCHEMA)
                .field(RecordFields.TRANSACTION, RecordFields.TRANSACTION_SCHEMA)
                .field(RecordFields.OPERATION, Schema.STRING_SCHEMA)
                .field(RecordFields.TIME, Schema.OPTIONAL_INT64_SCHEMA)
                .build();
        this.before = envelopeSchema.field(RecordFields.BEFORE);
        this.after = envelopeSchema.field(RecordFields.AFTER);
        this.source = envelopeSchema.field(RecordFields.SOURCE);
        this.transaction = envelopeSchema.field(RecordFields.TRANSACTION);
        this.operation = envelopeSchema.field(RecordFields.OPERATION);
        this.time = envelopeSchema.field(RecordFields.TIME);
    }

    TableKey tableKey() {
        return tableKey;
    }

    Relation relation() {
        return relation;
    }

    Schema keySchema() {
        return keySchema;
    }

    Schema envelopeSchema() {
        return envelopeSchema;
    }

    /** The row's key; {@code null} for a table without one. */
    Struct key(String[] row) {
        if (!tableKey.exists()) {
            return null;
        }
        var key = new Struct(keySchema);
        for (int i = 0; i < keyColumns.length; i++) {
            key.put(keyFields.get(i), row[keyColumns[i]]);
        }
        return key;
    }

    /** @param row {@code null} for no row */
    Struct row(String[] row) {
        if (row == null) {
            return null;
        }
        var struct = new Struct(rowSchema);
        for (int i = 0; i < row.length; i++) {
            struct.put(rowFields.get(i), row[i]);
        }
        return struct;
    }

    Struct envelope(
            String op, Struct beforeRow, Struct afterRow, Struct sourceBlock, Struct transactionBlock, long nowMs) {
        return new Struct(envelopeSchema)
                .put(before, beforeRow)
                .put(after, afterRow)
                .put(source, sourceBlock)
                .put(transaction, transactionBlock)
                .put(operation, op)
                .put(time, nowMs);
    }

    /** The number of this event among those of its table in the transaction, from 1. */
    long nextOrder(long xid) {
        if (xid != transactionXid) {
            transactionXid = xid;
            transactionOrder = 0;
        }
        return ++transactionOrder;
    }

    /** A transaction ended: the next one may have the same number, when the server sends it again. */
    void endTransaction() {
        transactionXid = -1;
    }

    private Schema struct(String name, int[] columns, boolean optional) {
        var builder = SchemaBuilder.struct().name(name);
        for (int column : columns) {
            builder.field(relation.columns().get(column), Schema.OPTIONAL_STRING_SCHEMA);
        }
        return optional ? builder.optional().build() : builder.build();
    }

    private static String schemaName(String name) {
        return name.replaceAll("[^A-Za-z0-9_]", "_");
    }
}
