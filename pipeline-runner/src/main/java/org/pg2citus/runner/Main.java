package org.pg2citus.runner;

import org.pg2citus.runner.command.RootCommand;

/** The program {@code pg2citus}. */
public final class Main {

    private Main() {}

    public static void main(String[] args) {
        // From Java 22 on there would be a console even where nobody looks at a terminal.
        System.setProperty("jdk.console", "java.base");
        System.exit(RootCommand.commandLine().execute(args));
    }
}
