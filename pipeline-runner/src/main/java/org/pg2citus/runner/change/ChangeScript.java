package org.pg2citus.runner.change;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * What a change runs, fixed when it is begun, so that whoever finishes it needs no file.
 *
 * @param source the text of the file
 * @param target the target's statements
 * @param ownTargetFile the target's statements are from a file of their own, not made of the source's
 */
record ChangeScript(String source, List<String> target, boolean ownTargetFile) {
    ChangeScript {
        requireNonNull(source, "source is null");
        target = List.copyOf(target);
    }
}
