{{- define "harbour.fullname" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "harbour.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "harbour.labels" -}}
app.kubernetes.io/name: harbour
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "harbour.selector" -}}
app.kubernetes.io/name: harbour
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: server
{{- end }}

{{- define "harbour.secret" -}}
{{ .Values.database.existingSecret | default (printf "%s-database" (include "harbour.fullname" .)) }}
{{- end }}

{{/* What a hook needs has names of its own: hooks are deleted and made again, and must not be shared. */}}
{{- define "harbour.migration.secret" -}}
{{ .Values.migration.database.existingSecret | default (printf "%s-migration-database" (include "harbour.fullname" .)) }}
{{- end }}

{{- define "harbour.database.environment" -}}
{{- range $name, $key := dict "SPRING_DATASOURCE_URL" "url" "SPRING_DATASOURCE_USERNAME" "username" "SPRING_DATASOURCE_PASSWORD" "password" }}
- name: {{ $name }}
  valueFrom:
    secretKeyRef:
      name: {{ $.secret }}
      key: {{ $key }}
{{- end }}
{{- end }}

{{- define "harbour.pod.security" -}}
automountServiceAccountToken: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  seccompProfile:
    type: RuntimeDefault
{{- end }}

{{- define "harbour.container.security" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
volumeMounts:
  - name: tmp
    mountPath: /tmp
{{- end }}

{{- define "harbour.volumes" -}}
volumes:
  - name: tmp
    emptyDir: {}
{{- end }}

{{/* The limits nest; a violation is refused here, and not found out in an incident. */}}
{{- define "harbour.limits" -}}
{{- $migration := .Values.migration }}
{{- $pause := 10 }}
{{- if gt (int $migration.lockRetrySeconds) (int $migration.maxDurationSeconds) }}
{{- fail (printf "migration.lockRetrySeconds (%d) must not be more than migration.maxDurationSeconds (%d)" (int $migration.lockRetrySeconds) (int $migration.maxDurationSeconds)) }}
{{- end }}
{{- if gt (int $migration.lockRetrySeconds) 300 }}
{{- fail (printf "migration.lockRetrySeconds (%d) must not be more than half of lockkeeper.lock.wait-timeout (10m): the lock is held meanwhile" (int $migration.lockRetrySeconds)) }}
{{- end }}
{{- /* a run that is over its time may take twice lockkeeper.shutdown-grace (20 s) to stop */}}
{{- $try := add (int $migration.maxDurationSeconds) 40 }}
{{- $all := mul (add (int $migration.backoffLimit) 1) $try }}
{{- range until (int $migration.backoffLimit) }}
{{- $all = add $all $pause }}
{{- $pause = min 360 (mul $pause 2) }}
{{- end }}
{{- if ge (int $all) (int $migration.activeDeadlineSeconds) }}
{{- fail (printf "migration.activeDeadlineSeconds (%d) must be more than all tries and the pauses between them take: %d" (int $migration.activeDeadlineSeconds) (int $all)) }}
{{- end }}
{{- if ge (int $migration.activeDeadlineSeconds) (int $migration.helmTimeoutSeconds) }}
{{- fail (printf "migration.helmTimeoutSeconds (%d) must be more than migration.activeDeadlineSeconds (%d)" (int $migration.helmTimeoutSeconds) (int $migration.activeDeadlineSeconds)) }}
{{- end }}
{{- if gt (int $migration.helmTimeoutSeconds) (int .Values.defer.waitTimeoutSeconds) }}
{{- fail (printf "defer.waitTimeoutSeconds (%d) must not be less than migration.helmTimeoutSeconds (%d)" (int .Values.defer.waitTimeoutSeconds) (int $migration.helmTimeoutSeconds)) }}
{{- end }}
{{- if le (int .Values.terminationGracePeriodSeconds) 40 }}
{{- fail "terminationGracePeriodSeconds must be more than 40: what does not stop within lockkeeper.shutdown-grace (20 s) is cancelled, and has as long again" }}
{{- end }}
{{- end }}

{{- define "harbour.migration.pod" -}}
metadata:
  labels:
    {{- include "harbour.labels" . | nindent 4 }}
    app.kubernetes.io/component: migration
spec:
  restartPolicy: Never
  terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
  {{- include "harbour.pod.security" . | nindent 2 }}
  containers:
    - name: migration
      image: {{ include "harbour.image" . | quote }}
      args:
        - --migrate-only
        - --lockkeeper.max-duration={{ int .Values.migration.maxDurationSeconds }}s
        - --lockkeeper.postgresql.lock-retry.max-duration={{ int .Values.migration.lockRetrySeconds }}s
        {{- with .Values.migration.ownerRole }}
        - {{ printf "--lockkeeper.postgresql.set-role=%s" . | quote }}
        {{- end }}
        {{- with .Values.migration.appRole }}
        - {{ printf "--lockkeeper.postgresql.app-role=%s" . | quote }}
        - --lockkeeper.postgresql.verify-app-role=fail
        {{- end }}
      env:
        {{- include "harbour.database.environment" (dict "secret" (include "harbour.migration.secret" .)) | nindent 8 }}
      terminationMessagePath: /dev/termination-log
      terminationMessagePolicy: FallbackToLogsOnError
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      {{- include "harbour.container.security" . | nindent 6 }}
  {{- include "harbour.volumes" . | nindent 2 }}
{{- end }}
