// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.view;

import java.lang.reflect.RecordComponent;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.json.JsonWriter;
import org.springframework.util.ReflectionUtils;

/**
 * Writes descriptors as JSON where no JSON library is at hand, with the members that the
 * library of the application gives them.
 *
 * @since 0.1.0
 */
public final class DescriptorJson {

	private static final JsonWriter<Map<String, ?>> JSON = JsonWriter.standard();

	private DescriptorJson() {
	}

	/**
	 * Write a descriptor.
	 * @param descriptor a descriptor of this package
	 * @return one JSON object
	 */
	public static String of(Record descriptor) {
		return JSON.writeToString(members(descriptor));
	}

	private static Map<String, @Nullable Object> members(Record descriptor) {
		Map<String, @Nullable Object> members = new LinkedHashMap<>();
		for (RecordComponent component : descriptor.getClass().getRecordComponents()) {
			members.put(component.getName(), value(ReflectionUtils.invokeMethod(component.getAccessor(), descriptor)));
		}
		return members;
	}

	private static @Nullable Object value(@Nullable Object value) {
		if (value instanceof Record descriptor) {
			return members(descriptor);
		}
		if (value instanceof Map<?, ?> map) {
			Map<String, @Nullable Object> members = new LinkedHashMap<>();
			map.forEach((name, member) -> members.put(name.toString(), value(member)));
			return members;
		}
		if (value instanceof List<?> list) {
			return list.stream().map(DescriptorJson::value).toList();
		}
		return (value instanceof Enum<?> constant) ? constant.name() : value;
	}

}
