package org.pg2citus.deploy.local;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * How to run PostgreSQL's programs, which refuse to run with user id 0.
 *
 * <p>An ordinary user runs them as they are. Root takes the first of these that works here: a user namespace (no file
 * changes its owner; containers often forbid it), else the account {@code nobody}, which then has to own the server's
 * directory.
 */
record Unprivileged(List<String> prefix, boolean ownsFiles) {

    private static final String ACCOUNT = "nobody";

    private static final List<Unprivileged> FOR_ROOT = List.of(
            new Unprivileged(List.of("unshare", "-U"), false),
            new Unprivileged(List.of("setpriv", "--reuid=" + ACCOUNT, "--regid=65534", "--clear-groups"), true),
            new Unprivileged(List.of("runuser", "-u", ACCOUNT, "--"), true),
            new Unprivileged(List.of("sudo", "-n", "-u", ACCOUNT), true));

    private static final Unprivileged HERE = detect();

    Unprivileged {
        prefix = List.copyOf(prefix);
    }

    /**
     * The way that works on this machine.
     *
     * @throws IllegalStateException as root where none works
     */
    static Unprivileged here() {
        if (HERE == null) {
            throw new IllegalStateException("PostgreSQL does not run as root, and neither unshare, setpriv, runuser nor"
                    + " sudo can start it as somebody else here; run as an ordinary user, or install util-linux");
        }
        return HERE;
    }

    /** The command line that runs {@code command} without root's user id. */
    List<String> command(List<String> command) {
        List<String> line = new ArrayList<>(prefix);
        line.addAll(command);
        return line;
    }

    /** Makes a directory of ours usable for the programs. */
    void admit(Path directory) {
        if (ownsFiles) {
            Program.run(List.of("chown", "-R", ACCOUNT, directory.toString()));
        }
    }

    private static Unprivileged detect() {
        Unprivileged asWeAre = new Unprivileged(List.of(), false);
        if (asWeAre.works()) {
            return asWeAre;
        }
        return FOR_ROOT.stream().filter(Unprivileged::works).findFirst().orElse(null);
    }

    private boolean works() {
        Program.Result id = Program.tryRun(command(List.of("id", "-u")));
        return id.exitCode() == 0
                && !id.output().isBlank()
                && !id.output().strip().equals("0");
    }
}
