// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.actuate.page;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.springframework.util.Assert;

/**
 * Markup with named places for values.
 *
 * @param texts the markup before, between and after the places
 * @param places the names of the places
 */
record Template(List<String> texts, List<String> places) {

	private static final Pattern ELEMENT = Pattern.compile("<template id=\"([a-z-]+)\">(.*?)</template>",
			Pattern.DOTALL);

	private static final Pattern PLACE = Pattern.compile("\\{([a-z]+)}");

	private static final Map<String, Template> KNOWN = load("document.html", "schema.html", "runs.html", "lists.html");

	private static Map<String, Template> load(String... resources) {
		Map<String, Template> known = new LinkedHashMap<>();
		for (String resource : resources) {
			ELEMENT.matcher(PageResource.read(resource)).results().forEach((element) -> {
				Template previous = known.put(element.group(1), parse(element.group(2)));
				Assert.state(previous == null, () -> "Two templates are named " + element.group(1));
			});
		}
		return Map.copyOf(known);
	}

	/**
	 * Return a template by its name.
	 */
	static Template named(String name) {
		Template template = KNOWN.get(name);
		Assert.state(template != null, () -> "No template is named " + name);
		return template;
	}

	/**
	 * Return the names of all templates.
	 */
	static Set<String> names() {
		return KNOWN.keySet();
	}

	// The indentation of the resource is for its editors
	private static Template parse(String markup) {
		String text = markup.replaceAll("^\n\\s*|\n\\s*$", "").replaceAll("\n\\s+", "\n");
		List<String> texts = new ArrayList<>();
		List<String> places = new ArrayList<>();
		int from = 0;
		Matcher matcher = PLACE.matcher(text);
		for (MatchResult place : matcher.results().toList()) {
			texts.add(text.substring(from, place.start()));
			places.add(place.group(1));
			from = place.end();
		}
		texts.add(text.substring(from));
		return new Template(List.copyOf(texts), List.copyOf(places));
	}

	/**
	 * Return the markup with values at its places.
	 * @param values the values by the names of the places: exactly those that the
	 * template has
	 * @param toHtml makes markup of a value
	 */
	String fill(Map<String, Object> values, Function<Object, String> toHtml) {
		Assert.state(values.keySet().equals(new HashSet<>(this.places)),
				() -> "The template has the places %s, and got values for %s".formatted(this.places, values.keySet()));
		StringBuilder html = new StringBuilder(this.texts.get(0));
		for (int i = 0; i < this.places.size(); i++) {
			html.append(toHtml.apply(values.get(this.places.get(i)))).append(this.texts.get(i + 1));
		}
		return html.toString();
	}

}
