// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.sample.deploy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;

import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.Yaml;

/**
 * What a file in YAML or JSON contains.
 *
 * @param root a map, a list or a value
 */
record Tree(@Nullable Object root) {

	static Tree of(String text) {
		return new Tree(new Yaml().load(text));
	}

	/**
	 * Read a file that has several documents.
	 * @param text the file
	 * @return the documents
	 */
	static List<Tree> allOf(String text) {
		return StreamSupport.stream(new Yaml().loadAll(text).spliterator(), false).map(Tree::new).toList();
	}

	/**
	 * Return what is at a path; it fails when that is missing.
	 * @param path keys of maps, and indexes of lists
	 * @return the part of the tree
	 */
	Tree at(Object... path) {
		Object current = this.root;
		for (Object step : path) {
			if (current instanceof Map<?, ?> map && map.containsKey(step)) {
				current = map.get(step);
			}
			else if (current instanceof List<?> list && step instanceof Integer index && index < list.size()) {
				current = list.get(index);
			}
			else {
				throw new AssertionError("No %s of %s in %s".formatted(step, List.of(path), this.root));
			}
		}
		return new Tree(current);
	}

	/**
	 * Return whether a map has a key.
	 * @param key the key
	 * @return whether it has
	 */
	boolean has(String key) {
		return this.root instanceof Map<?, ?> map && map.containsKey(key);
	}

	/**
	 * Return the value at a path as text.
	 * @param path keys of maps, and indexes of lists
	 * @return the text
	 */
	String text(Object... path) {
		return String.valueOf(at(path).root);
	}

	/**
	 * Return the list at a path.
	 * @param path keys of maps, and indexes of lists
	 * @return its elements
	 */
	List<Tree> list(Object... path) {
		List<Tree> elements = new ArrayList<>();
		if (at(path).root instanceof List<?> list) {
			list.forEach((element) -> elements.add(new Tree(element)));
			return elements;
		}
		throw new AssertionError("No list at %s in %s".formatted(List.of(path), this.root));
	}

	/**
	 * Return the list of texts at a path, such as the words of a command.
	 * @param path keys of maps, and indexes of lists
	 * @return its elements
	 */
	List<String> texts(Object... path) {
		return list(path).stream().map((element) -> element.text()).toList();
	}

	/**
	 * Return the map of texts at a path, such as variables of an environment.
	 * @param path keys of maps, and indexes of lists
	 * @return the map
	 */
	Map<String, String> map(Object... path) {
		Map<String, String> entries = new LinkedHashMap<>();
		if (at(path).root instanceof Map<?, ?> map) {
			map.forEach((key, value) -> entries.put(String.valueOf(key), String.valueOf(value)));
			return entries;
		}
		throw new AssertionError("No map at %s in %s".formatted(List.of(path), this.root));
	}

}
