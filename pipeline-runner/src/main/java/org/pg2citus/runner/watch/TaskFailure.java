package org.pg2citus.runner.watch;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pg2citus.runner.failure.ExitCode;

/**
 * What a failed task's stack trace says.
 *
 * @param code the connector's own stable code; empty for an error that it did not expect
 * @param message without the stack
 * @param exitCode how the command ends for it
 */
public record TaskFailure(Optional<String> code, String message, ExitCode exitCode) {

    private static final Pattern LINK = Pattern.compile(
            "(?:^|\\nCaused by: )([\\w.$]+)(?:: (.*?))?(?=\\n\\s+at |\\nCaused by: |$)", Pattern.DOTALL);
    private static final Pattern CODE = Pattern.compile("([A-Z]{2}\\d{3}): (.*)", Pattern.DOTALL);
    private static final int LONGEST_MESSAGE = 2_000;

    public TaskFailure {
        requireNonNull(code, "code is null");
        requireNonNull(message, "message is null");
        requireNonNull(exitCode, "exitCode is null");
    }

    /** Reads a trace as Connect's REST interface gives it. */
    public static TaskFailure of(String trace) {
        List<String> messages = new ArrayList<>();
        Matcher link = LINK.matcher(trace.strip());
        while (link.find()) {
            String message =
                    link.group(2) == null ? link.group(1) : link.group(2).strip();
            Matcher code = CODE.matcher(message);
            if (code.matches()) {
                return new TaskFailure(Optional.of(code.group(1)), shortened(code.group(2)), exitCode(code.group(1)));
            }
            messages.add(message);
        }
        // The last cause is nearest to what happened.
        return new TaskFailure(
                Optional.empty(),
                shortened(messages.isEmpty() ? trace : messages.get(messages.size() - 1)),
                ExitCode.KAFKA);
    }

    /** An error with a code was recognised as one that no retry mends. */
    public boolean mayPass() {
        return code.isEmpty();
    }

    private static ExitCode exitCode(String code) {
        if (code.startsWith("SR01")) {
            return ExitCode.SLOT_LOST;
        }
        if (code.equals("SR001") || code.startsWith("CF")) {
            return ExitCode.CONFIG;
        }
        if (code.startsWith("SR03")) {
            return ExitCode.KAFKA;
        }
        return switch (code.substring(0, 2)) {
            case "SR" -> ExitCode.SOURCE;
            case "AP" -> ExitCode.TARGET;
            default -> ExitCode.KAFKA;
        };
    }

    private static String shortened(String message) {
        return message.length() <= LONGEST_MESSAGE ? message : message.substring(0, LONGEST_MESSAGE) + " ...";
    }
}
