// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.exit;

/**
 * The command lines that messages advise, ready to be pasted into a shell.
 *
 * @since 0.1.0
 */
public final class CommandAdvice {

	private static final String CALL = "java -jar application.jar --migrate-only ";

	private CommandAdvice() {
	}

	/**
	 * Return what releases a changelog lock whose holder is dead.
	 * @param holder the holder as the lock has it, not blank
	 * @return the command line
	 */
	public static String releaseLock(String holder) {
		return CALL + "--release-lock=" + ShellWord.quote(holder);
	}

	/**
	 * Return what lets the next run execute the statement again in which a run died.
	 * @param changeSet the change set as it is shown
	 * @param schema the name of the schema
	 * @return the command line
	 */
	public static String repeatStatement(String changeSet, String schema) {
		return CALL + "--resolve=again" + named(changeSet, schema);
	}

	/**
	 * Return what lets the next run go on after the statement in which a run died.
	 * @param changeSet the change set as it is shown
	 * @param schema the name of the schema
	 * @return the command line
	 */
	public static String leaveOutStatement(String changeSet, String schema) {
		return CALL + "--resolve=done" + named(changeSet, schema);
	}

	private static String named(String changeSet, String schema) {
		return " --change-set=%s --schema=%s".formatted(ShellWord.quote(changeSet), ShellWord.quote(schema));
	}

}
