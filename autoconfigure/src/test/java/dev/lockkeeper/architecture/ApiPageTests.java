// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.architecture;

import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.lockkeeper.exit.ExitStrategy;
import dev.lockkeeper.lock.DroppableLease;
import dev.lockkeeper.lock.LockObstructedException;
import dev.lockkeeper.lock.MigrationLocks;
import dev.lockkeeper.migration.MigrationListener;
import dev.lockkeeper.testing.GeneratedPage;
import org.junit.jupiter.api.Test;

import org.springframework.core.ResolvableType;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The page of the types that code of users may import lists just those that what they
 * implement leads to.
 */
class ApiPageTests {

	private static final GeneratedPage PAGE = new GeneratedPage("api.md", ApiPageTests.class);

	private static final Path SOURCES = Path.of("src", "main", "java");

	private static final String HEAD = "| Type | Package | What it is |\n|---|---|---|\n";

	private static final Pattern SENTENCE = Pattern.compile("/\\*\\*\\s*\\n \\* (.+?\\.)(?=\\s|$)", Pattern.DOTALL);

	/**
	 * What users implement, throw, or inject.
	 */
	private static final List<Class<?>> ENTRIES = List.of(MigrationListener.class, MigrationLocks.class,
			LockObstructedException.class, DroppableLease.class, ExitStrategy.class);

	@Test
	void thePageListsEachTypeThatTheEntriesLeadToAndNoOther() throws IOException {
		PAGE.requirePart(HEAD, "\n## ", rows());
	}

	@Test
	void eachTypeIsPublic() {
		assertThat(types()).allMatch((type) -> Modifier.isPublic(type.getModifiers()));
	}

	private static String rows() throws IOException {
		StringBuilder rows = new StringBuilder();
		for (Class<?> type : types()) {
			if (type.getEnclosingClass() == null) {
				rows.append("| `%s` | `%s` | %s |\n".formatted(type.getSimpleName(), type.getPackageName(),
						sentenceOf(type)));
			}
		}
		return rows.toString();
	}

	private static String sentenceOf(Class<?> type) throws IOException {
		String source = Files.readString(SOURCES.resolve(type.getName().replace('.', '/') + ".java"));
		Matcher sentence = SENTENCE.matcher(source);
		assertThat(sentence.find()).as("%s says what it is", type).isTrue();
		return sentence.group(1)
			.replaceAll("\\s*\\n \\*\\s*", " ")
			.replaceAll("\\{@(?:code|link|linkplain) ([^}]+)}", "`$1`");
	}

	private static Set<Class<?>> types() {
		Set<Class<?>> types = new TreeSet<>(
				Comparator.comparing(Class<?>::getSimpleName).thenComparing(Class::getName));
		ENTRIES.forEach((entry) -> collect(ResolvableType.forClass(entry), types));
		return types;
	}

	private static void collect(ResolvableType type, Set<Class<?>> types) {
		for (ResolvableType generic : type.getGenerics()) {
			collect(generic, types);
		}
		Class<?> found = type.isArray() ? type.getComponentType().resolve() : type.resolve();
		if (found == null || !found.getName().startsWith("dev.lockkeeper.") || !types.add(found)) {
			return;
		}
		collect(ResolvableType.forClass(found).getSuperType(), types);
		for (Class<?> implemented : found.getInterfaces()) {
			collect(ResolvableType.forClass(implemented), types);
		}
		for (Method method : found.getDeclaredMethods()) {
			if (Modifier.isPublic(method.getModifiers()) && !method.isSynthetic()) {
				collect(ResolvableType.forMethodReturnType(method), types);
				for (int i = 0; i < method.getParameterCount(); i++) {
					collect(ResolvableType.forMethodParameter(method, i), types);
				}
				for (Class<?> thrown : method.getExceptionTypes()) {
					collect(ResolvableType.forClass(thrown), types);
				}
			}
		}
	}

}
