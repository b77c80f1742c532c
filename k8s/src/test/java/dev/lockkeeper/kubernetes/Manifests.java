// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.kubernetes;

import java.beans.Introspector;
import java.beans.PropertyDescriptor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;

/**
 * Manifests, read strictly into the typed model: a key that the model does not have, or a
 * value of another type, is an error.
 */
final class Manifests {

	private static final KubernetesSerialization SERIALIZATION = new KubernetesSerialization();

	private final List<HasMetadata> objects;

	private Manifests(List<HasMetadata> objects) {
		this.objects = objects;
	}

	static Manifests ofFolder(Path folder) {
		try (Stream<Path> files = Files.list(folder)) {
			StringBuilder text = new StringBuilder();
			for (Path file : files.sorted().toList()) {
				text.append("---\n").append(Files.readString(file)).append('\n');
			}
			return ofText(text.toString());
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	static Manifests ofText(String text) {
		List<HasMetadata> objects = new ArrayList<>();
		for (String document : text.split("(?m)^---.*$")) {
			if (document.lines().anyMatch((line) -> !line.isBlank() && !line.strip().startsWith("#"))) {
				Object object = SERIALIZATION.unmarshal(document);
				if (!(object instanceof HasMetadata typed) || object.getClass().getSimpleName().startsWith("Generic")) {
					throw new AssertionError("Not an object of a known kind: " + document);
				}
				requireKnown(object, typed.getKind(), Collections.newSetFromMap(new IdentityHashMap<>()));
				objects.add(typed);
			}
		}
		return new Manifests(objects);
	}

	List<HasMetadata> all() {
		return this.objects;
	}

	<T extends HasMetadata> T only(Class<T> type) {
		return only(type, (object) -> true);
	}

	<T extends HasMetadata> T only(Class<T> type, Predicate<T> condition) {
		List<T> found = this.objects.stream().filter(type::isInstance).map(type::cast).filter(condition).toList();
		if (found.size() != 1) {
			throw new AssertionError("%d objects of %s".formatted(found.size(), type.getSimpleName()));
		}
		return found.get(0);
	}

	private static void requireKnown(Object object, String path, Set<Object> seen) {
		if (object instanceof Collection<?> elements) {
			elements.forEach((element) -> requireKnown(element, path + "[]", seen));
		}
		else if (object != null && object.getClass().getName().startsWith("io.fabric8.") && seen.add(object)) {
			try {
				for (PropertyDescriptor property : Introspector.getBeanInfo(object.getClass(), Object.class)
					.getPropertyDescriptors()) {
					if (property.getReadMethod() != null && property.getReadMethod().getParameterCount() == 0) {
						requireKnown(property, property.getReadMethod().invoke(object), path, seen);
					}
				}
			}
			catch (ReflectiveOperationException | java.beans.IntrospectionException ex) {
				throw new IllegalStateException(ex);
			}
		}
	}

	private static void requireKnown(PropertyDescriptor property, Object value, String path, Set<Object> seen) {
		if (property.getName().equals("additionalProperties") && value instanceof Map<?, ?> unknown
				&& !unknown.isEmpty()) {
			throw new AssertionError("Unknown keys in %s: %s".formatted(path, unknown.keySet()));
		}
		requireKnown(value, path + "." + property.getName(), seen);
	}

}
