package org.pg2citus.sink.apply;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.pg2citus.sink.change.TableId;

/**
 * Runs the updates or deletes of one shape, and finds out how many rows were not there.
 *
 * <p>Where a unique index of the target rules out that a key finds two rows, the number of hits tells it. Elsewhere one row
 * found twice would hide one that is missing: then each hit is told by the number of its row.
 *
 * @param numbered tell each hit by its number also where counting would do, to name the keys that are missing
 */
record MatchedWrite(RowWriter rowWriter, String what, TableId table, List<String> keyColumns, boolean numbered) {

    /** Makes the statement for some rows; a numbered one returns the number of the row for each hit. */
    interface Statement<T> {
        BoundStatement of(List<ClientRow<T>> rows, boolean numbered);
    }

    /**
     * @param missing how many rows were not there
     * @param incomplete chunks in which some were not; the missing rows alone where they are known
     * @param keys the keys of missing rows, as far as they are known
     */
    record Result<T>(long missing, List<ClientRow<T>> incomplete, List<String> keys) {}

    <T> Result<T> run(MatchedRows shape, List<ClientRow<T>> rows, Statement<T> statement) throws SQLException {
        List<List<ClientRow<T>>> chunks = rowWriter.chunks(shape, rows);
        return numbered || shape.mayRepeat() ? byNumber(chunks, statement) : byCount(chunks, statement);
    }

    private <T> Result<T> byCount(List<List<ClientRow<T>>> chunks, Statement<T> statement) throws SQLException {
        List<BoundStatement> statements = new ArrayList<>();
        chunks.forEach(chunk -> statements.add(statement.of(chunk, false)));
        int[] hits = rowWriter.execute(statements);
        List<ClientRow<T>> incomplete = new ArrayList<>();
        long missing = 0;
        for (int i = 0; i < hits.length; i++) {
            List<ClientRow<T>> chunk = chunks.get(i);
            if (hits[i] > chunk.size()) {
                throw Halts.repeated(what, table, keyColumns);
            }
            if (hits[i] < chunk.size()) {
                missing += chunk.size() - hits[i];
                incomplete.addAll(chunk);
            }
        }
        return new Result<>(missing, incomplete, List.of());
    }

    private <T> Result<T> byNumber(List<List<ClientRow<T>>> chunks, Statement<T> statement) throws SQLException {
        List<ClientRow<T>> missing = new ArrayList<>();
        for (List<ClientRow<T>> chunk : chunks) {
            boolean[] found = new boolean[chunk.size()];
            if (chunk.size() == 1) {
                int hits = rowWriter.execute(List.of(statement.of(chunk, false)))[0];
                if (hits > 1) {
                    throw Halts.repeated(what, table, keyColumns);
                }
                found[0] = hits == 1;
            } else {
                rowWriter.query(statement.of(chunk, true), row -> {
                    int number = row.getInt(1);
                    if (found[number]) {
                        throw Halts.repeated(what, table, keyColumns);
                    }
                    found[number] = true;
                });
            }
            for (int i = 0; i < found.length; i++) {
                if (!found[i]) {
                    missing.add(chunk.get(i));
                }
            }
        }
        return new Result<>(missing.size(), missing, numbered ? Halts.keys(missing, keyColumns.size()) : List.of());
    }
}
