// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.io.IOException;
import java.util.regex.Pattern;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.migration.Diagnosis;
import liquibase.integration.spring.SpringLiquibase;
import org.jspecify.annotations.Nullable;

import org.springframework.core.io.ClassPathResource;
import org.springframework.core.io.Resource;
import org.springframework.core.io.ResourceLoader;

/**
 * A bean whose changelog is not where its settings point.
 *
 * @param name the name of the bean
 * @param bean the bean
 */
record MissingChangeLog(String name, SpringLiquibase bean) {

	private static final Pattern PREFIX = Pattern.compile("\\w+:");

	private static final String CLASS_PATH = "classpath*:";

	private static final String SETTING = "set spring.liquibase.change-log (for a bean of your own, changeLog of bean "
			+ "%s) to where it is.";

	/**
	 * Return the diagnosis when the changelog itself is missing.
	 * @return the diagnosis, or {@code null} when the changelog is there
	 */
	@Nullable Diagnosis diagnose() {
		String changeLog = this.bean.getChangeLog();
		String setting = SETTING.formatted(this.name);
		if (changeLog == null || changeLog.isBlank()) {
			return diagnosis("Bean %s has no changelog".formatted(this.name), "Write a changelog, then " + setting);
		}
		Resource resource = find(changeLog);
		if (resource == null || resource.exists()) {
			return null;
		}
		if (resource instanceof ClassPathResource inClassPath) {
			return diagnosis("Changelog %s does not exist: it was looked for in the class path".formatted(changeLog),
					"Put it into src/main/resources/%s and see that the build takes it into the jar, or "
						.formatted(inClassPath.getPath()) + setting);
		}
		return diagnosis("Changelog %s does not exist: it was looked for at %s".formatted(changeLog, placeOf(resource)),
				"Put it there, or " + setting);
	}

	private static Diagnosis diagnosis(String message, String action) {
		return new Diagnosis(ExitStatus.CHANGELOG, null, message, action, false);
	}

	// A path without a prefix is one of the class path for Liquibase, but not for the
	// context of a web application
	private @Nullable Resource find(String changeLog) {
		ResourceLoader loader = this.bean.getResourceLoader();
		if (loader == null) {
			return null;
		}
		String inClassPath = changeLog.startsWith(CLASS_PATH) ? changeLog.substring(CLASS_PATH.length()) : changeLog;
		return PREFIX.matcher(inClassPath).lookingAt() ? loader.getResource(changeLog)
				: new ClassPathResource(inClassPath, loader.getClassLoader());
	}

	private static String placeOf(Resource resource) {
		try {
			return resource.isFile() ? resource.getFile().getAbsolutePath() : resource.getURL().toString();
		}
		catch (IOException ex) {
			return resource.getDescription();
		}
	}

}
