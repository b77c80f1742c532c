// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.command;

import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

import dev.lockkeeper.exit.ExitStatus;
import org.jspecify.annotations.Nullable;

/**
 * What may stand beside {@code --migrate-only}: the commands, which a process carries out
 * in place of migrating, and the options of each. The usage text, the table of the
 * documentation and the checks of a command line come from here.
 *
 * @since 0.1.0
 */
@SuppressWarnings("ImmutableEnumChecker") // nothing changes what it has
public enum Flag {

	/** Which commands are there? */
	HELP("help", Values.NONE, Access.NONE, "Shows which commands there are."),

	/** What is each schema? */
	STATUS("status", Values.optionally("text", "json"), Access.READS,
			"Shows what each schema is, as text for people or as JSON for programs.", ExitStatus.PENDING),

	/** How long may the answer wait until nothing is missing? */
	WAIT(List.of(STATUS), false, "wait", Values.DURATION,
			"Asks until nothing is missing, for that long or for lockkeeper.defer.wait-timeout."),

	/** Which SQL would a run execute? */
	DRY_RUN("dry-run", Values.NONE, Access.READS, "Shows the SQL that a run would execute."),

	/** Which rights do the roles of the application need? */
	PRINT("print", Values.oneOf("grants"), Access.READS,
			"Shows the SQL that gives lockkeeper.postgresql.app-role the rights of an application, as far as they are missing."),
	/** May the answer be given without the database? */
	OFFLINE(List.of(PRINT), false, "offline", Values.NONE,
			"Shows all of that SQL, for the names that the settings have, and needs no database."),
	/** Which locks do dead processes hold? */
	RELEASE_LOCK("release-lock", Values.text("'<LOCKEDBY as shown>'"), Access.WRITES,
			"Releases the locks of processes that are proved dead, or of the one that is named."),

	/** What became of the statement in which a run died? */
	RESOLVE("resolve", Values.oneOf("done", "again"), Access.WRITES,
			"Says whether the statement in which a run died counts as done, or is executed again."),

	/** The change set that has this statement. */
	CHANGE_SET(List.of(RESOLVE), true, "change-set", Values.required("'<as --status prints it>'"),
			"The change set that has this statement."),

	/** The only schema that is meant. */
	SCHEMA(List.of(RELEASE_LOCK, RESOLVE), false, "schema", Values.required("<name>"),
			"The schema that is meant, when several would be.");

	private final String name;

	private final Values values;

	private final Access access;

	private final String meaning;

	private final List<Flag> commands;

	private final boolean required;

	private final Set<ExitStatus> exitStatuses;

	Flag(String name, Values values, Access access, String meaning, ExitStatus... further) {
		this.name = name;
		this.values = values;
		this.access = access;
		this.meaning = meaning;
		this.commands = List.of();
		this.required = false;
		EnumSet<ExitStatus> statuses = EnumSet.of(ExitStatus.DONE, ExitStatus.USAGE, ExitStatus.TEMPORARY);
		if (access != Access.NONE) {
			statuses.addAll(List.of(ExitStatus.CHANGELOG, ExitStatus.UNAVAILABLE, ExitStatus.PERMISSION,
					ExitStatus.CONFIG, ExitStatus.TERMINATED));
		}
		statuses.addAll(List.of(further));
		this.exitStatuses = Collections.unmodifiableSet(statuses);
	}

	Flag(List<Flag> commands, boolean required, String name, Values values, String meaning) {
		this.name = name;
		this.values = values;
		this.access = commands.get(0).access;
		this.meaning = meaning;
		this.commands = commands;
		this.required = required;
		this.exitStatuses = commands.get(0).exitStatuses;
	}

	/**
	 * Return the commands.
	 */
	static List<Flag> commands() {
		return Arrays.stream(values()).filter(Flag::isCommand).toList();
	}

	/**
	 * Return the name of the flag.
	 * @return the name, without the dashes in front of it
	 */
	public String getName() {
		return this.name;
	}

	/**
	 * Return the flag as a command line has it, with a notation for its value.
	 * @return the notation
	 */
	public String getNotation() {
		return "--" + this.name + this.values.notation();
	}

	/**
	 * Return what the flag is for.
	 * @return one sentence or several
	 */
	public String getMeaning() {
		return this.meaning;
	}

	/**
	 * Return what a process needs the database for.
	 * @return what it needs it for
	 */
	public Access getAccess() {
		return this.access;
	}

	/**
	 * Return how a process may end that is given this flag.
	 * @return the statuses, in the order of their codes
	 */
	public Set<ExitStatus> getExitStatuses() {
		return this.exitStatuses;
	}

	/**
	 * Return the commands of which this flag is an option.
	 * @return the commands; none when this flag is itself one
	 */
	public List<Flag> getCommands() {
		return this.commands;
	}

	/**
	 * Return the options of this command.
	 * @return the options; none for an option
	 */
	public List<Flag> getOptions() {
		return Arrays.stream(values()).filter((flag) -> flag.commands.contains(this)).toList();
	}

	/**
	 * Return whether the commands of this option make no sense without it.
	 * @return whether the option is required
	 */
	public boolean isRequired() {
		return this.required;
	}

	boolean isOptionOf(@Nullable Flag command) {
		return command != null && this.commands.contains(command);
	}

	boolean isCommand() {
		return this.commands.isEmpty();
	}

	Values getValues() {
		return this.values;
	}

	/**
	 * Return whether a command line has this flag, whatever its value is.
	 */
	boolean isIn(CommandLine commandLine) {
		String value = commandLine.get(this.name);
		return value != null && !(this.values.isSwitch() && Values.OFF.equalsIgnoreCase(value.trim()));
	}

	/**
	 * Return whether an argument of a process is this flag with a value that it takes.
	 */
	boolean isIn(String argument) {
		CommandLine alone = argument.startsWith("--" + this.name) ? CommandLine.of(argument) : CommandLine.of();
		String value = alone.get(this.name);
		return value != null && isIn(alone) && this.values.read(value) != null;
	}

	/**
	 * What a process needs the database for.
	 */
	public enum Access {

		/** For nothing: it need not be there. */
		NONE,

		/** To read. */
		READS,

		/** To change what is found. */
		WRITES

	}

}
