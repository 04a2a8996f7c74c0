package org.pg2citus.runner.schema;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.pg2citus.runner.config.Nearest;
import org.pg2citus.runner.config.Problems;
import org.pg2citus.runner.sql.SqlStatements;
import org.pg2citus.runner.sql.SqlToken;
import org.pg2citus.runner.sql.SqlTokens;
import org.pg2citus.runner.sql.UnclosedSqlException;

/**
 * The statements that make a schema, in the order that works; as text it can be read, edited, and run by psql too.
 *
 * @param session settings that come first, whatever section is run
 */
public record SchemaScript(List<String> session, List<SchemaStatement> statements) {

    private static final String MARK = "-- pg2citus section: ";

    // Functions may name tables that come later. The path is what pg_dump writes its names for.
    static final List<String> SESSION = List.of(
            "SET check_function_bodies = false", "SET search_path = pg_catalog", "SET client_min_messages = warning");

    public SchemaScript {
        session = List.copyOf(session);
        statements = List.copyOf(statements);
    }

    public List<SchemaStatement> of(Section section) {
        return statements.stream()
                .filter(statement -> statement.section() == section)
                .toList();
    }

    /** @param head comments for its beginning, one line each */
    String text(List<String> head) {
        StringBuilder text = new StringBuilder();
        head.forEach(line -> text.append("-- ").append(line).append('\n'));
        session.forEach(sql -> text.append(sql).append(";\n"));
        for (Section section : Section.values()) {
            text.append('\n').append(MARK).append(section.word()).append('\n');
            for (SchemaStatement statement : of(section)) {
                text.append('\n');
                statement
                        .notes()
                        .forEach(note -> text.append("-- ").append(note).append('\n'));
                text.append(statement.sql()).append(";\n");
            }
        }
        return text.toString();
    }

    /**
     * Reads a script that may have been edited. What comes before the first mark of a section is for the session.
     *
     * @param file its name, for messages
     * @throws org.pg2citus.runner.failure.MigrationException SM002 (exit code 2) when it has no sections, or unknown ones
     */
    static SchemaScript read(String file, String text) {
        Problems problems = new Problems("SM002", "the script", "make a new one: pg2citus schema generate --out FILE");
        List<String> session = new ArrayList<>();
        List<SchemaStatement> statements = new ArrayList<>();
        Optional<Section> section = Optional.empty();
        for (SqlStatements.Piece piece : pieces(file, text, problems)) {
            for (String comment : piece.comments()) {
                if (comment.startsWith(MARK)) {
                    String word = comment.substring(MARK.length()).strip();
                    section = Section.of(word);
                    if (section.isEmpty()) {
                        problems.add("%s: there is no section '%s'%s; there are %s"
                                .formatted(
                                        file,
                                        word,
                                        Nearest.hint(word, Section.words()),
                                        String.join(", ", Section.words())));
                    }
                }
            }
            if (section.isPresent()) {
                statements.add(new SchemaStatement(section.get(), piece.sql()));
            } else {
                session.add(piece.sql());
            }
        }
        if (statements.isEmpty()) {
            problems.add("%s: has no line '%s%s'".formatted(file, MARK, Section.BEFORE_COPY.word()));
        }
        problems.throwIfAny();
        return new SchemaScript(session, statements.subList(0, statements.size() - 1));
    }

    private static List<SqlStatements.Piece> pieces(String file, String text, Problems problems) {
        try {
            SqlTokens.all(text).stream()
                    .filter(token -> token.kind() == SqlToken.Kind.PSQL)
                    .forEach(command -> problems.add(
                            "%s: %s is a command of psql, which only psql can run".formatted(file, command.text())));
            // A last statement, so that marks at the end are looked at too.
            return SqlStatements.of(text + "\n;SELECT");
        } catch (UnclosedSqlException e) {
            problems.add("%s: %s".formatted(file, e.getMessage()));
            problems.throwIfAny();
            throw e;
        }
    }
}
