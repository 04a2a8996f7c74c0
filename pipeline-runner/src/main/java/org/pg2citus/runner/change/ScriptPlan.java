package org.pg2citus.runner.change;

import java.util.List;
import java.util.Optional;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;

/**
 * What a file comes to on both sides.
 *
 * @param script for the source
 * @param definitions all of it but the rows
 * @param data what changes rows, to be run last
 * @param target the target's statements
 * @param notes what was rewritten or left out for the target
 */
record ScriptPlan(
        SqlScript script,
        List<ChangeStatement> definitions,
        List<ChangeStatement> data,
        List<String> target,
        List<String> notes) {

    ScriptPlan {
        definitions = List.copyOf(definitions);
        data = List.copyOf(data);
        target = List.copyOf(target);
        notes = List.copyOf(notes);
    }

    /**
     * Reads the files.
     *
     * @param targetText the target's own file, if there is one
     * @throws MigrationException SC011 to SC013
     */
    static ScriptPlan of(String sourceText, Optional<String> targetText, CitusRewrite rewrite) {
        SqlScript source = SqlScript.parse(sourceText);
        refuseOpaque(source);
        if (targetText.isEmpty()) {
            CitusRewrite.Result made = rewrite.rewrite(source);
            return of(source, made.statements(), made.notes());
        }
        return of(
                source,
                SqlScript.parse(targetText.get()).statements().stream()
                        .map(ChangeStatement::sql)
                        .toList(),
                List.of());
    }

    /** The plan of a change that was begun. */
    static ScriptPlan of(ChangeScript begun) {
        return of(SqlScript.parse(begun.source()), begun.target(), List.of());
    }

    private static ScriptPlan of(SqlScript source, List<String> target, List<String> notes) {
        refuseDataInBetween(source);
        return new ScriptPlan(
                source,
                source.statements().stream()
                        .filter(statement -> statement.kind() != StatementKind.DATA)
                        .toList(),
                source.statements().stream()
                        .filter(statement -> statement.kind() == StatementKind.DATA)
                        .toList(),
                target,
                notes);
    }

    /** Its rows might be written before their table is published, or its changes come behind the barrier. */
    private static void refuseOpaque(SqlScript script) {
        for (ChangeStatement statement : script.statements()) {
            if (statement.kind() == StatementKind.OPAQUE) {
                throw new MigrationException(
                        ExitCode.FINDINGS,
                        "SC012",
                        "what a statement does to tables cannot be told from its text: "
                                + ChangeStatement.shortened(statement.sql()),
                        "write it as ALTER, CREATE, INSERT, UPDATE or DELETE, or run it by itself before or after the"
                                + " change; nothing was changed on either side");
            }
        }
    }

    /** The stream brings rows in the columns that they had then; the target has those of the end only. */
    private static void refuseDataInBetween(SqlScript script) {
        Optional<ChangeStatement> data = Optional.empty();
        for (ChangeStatement statement : script.statements()) {
            if (statement.kind() == StatementKind.DATA) {
                data = data.isPresent() ? data : Optional.of(statement);
            } else if (data.isPresent()) {
                throw new MigrationException(
                        ExitCode.FINDINGS,
                        "SC012",
                        "the file changes rows (%s) before it changes the schema or sets something (%s)"
                                .formatted(
                                        ChangeStatement.shortened(data.get().sql()),
                                        ChangeStatement.shortened(statement.sql())),
                        "put what changes rows last: the stream brings those rows, in the columns that the table has"
                                + " then; nothing was changed on either side");
            }
        }
    }
}
