{{- define "server.fullname" -}}
{{- .Values.fullnameOverride | default .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "server.chart" -}}
{{- printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* Of all objects but what selects pods. */}}
{{- define "server.labels" -}}
app.kubernetes.io/name: ogc-processes-k8s
app.kubernetes.io/component: server
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ include "server.chart" . }}
{{- end -}}

{{- define "server.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (include "server.fullname" .) -}}
{{- end -}}

{{- define "server.image" -}}
{{- $tag := .Values.image.tag | default .Chart.AppVersion -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ $tag }}
{{- end -}}
{{- end -}}

{{- define "server.jobsNamespace" -}}
{{- .Values.jobs.namespace | default .Release.Namespace -}}
{{- end -}}

{{/* Not empty where an Ingress or an HTTPRoute leads to the server: both have the host and path of `ingress`. */}}
{{- define "server.isReachedFromOutside" -}}
{{- if or .Values.ingress.enabled .Values.gateway.enabled }}true{{ end -}}
{{- end -}}

{{/* The hosts that requests may name: the Service's, the Ingress's and what is given. */}}
{{- define "server.hosts" -}}
{{- $name := include "server.fullname" . -}}
{{- $service := printf "%s.$(POD_NAMESPACE)" $name -}}
{{- $hosts := list "loopback" $name $service (printf "%s.svc" $service) (printf "%s.svc.cluster.local" $service) -}}
{{- if include "server.isReachedFromOutside" . -}}
{{- $hosts = append $hosts .Values.ingress.host -}}
{{- end -}}
{{- join "," (concat $hosts .Values.hosts) -}}
{{- end -}}

{{/* Whether there are processes and jobs at all. */}}
{{- define "server.processesApi" -}}
{{- if or (not .Values.visualisations.enabled) .Values.visualisations.processesApi }}true{{ end -}}
{{- end -}}

{{- define "server.notebooksAccount" -}}
{{- printf "%s-notebooks" (include "server.fullname" . | trunc 53) -}}
{{- end -}}

{{/* Not empty where notebooks may patch Jobs, and a policy limits that; Kubernetes has it from 1.30. */}}
{{- define "server.hasProgressPolicy" -}}
{{- if and .Values.papermill.enabled .Values.papermill.progress .Values.papermill.progressPolicy (semverCompare ">=1.30-0" .Capabilities.KubeVersion.Version) -}}
yes
{{- end -}}
{{- end -}}

{{/* The policy is the whole cluster's: its name holds the namespace of the jobs. */}}
{{- define "server.progressPolicy" -}}
{{- printf "%s-%s" (include "server.jobsNamespace" .) (include "server.notebooksAccount" .) -}}
{{- end -}}

{{- define "server.jobSecretsRole" -}}
{{- printf "%s-job-secrets" (include "server.fullname" . | trunc 51) -}}
{{- end -}}

{{- define "server.notebookSecretsRole" -}}
{{- printf "%s-notebook-secrets" (include "server.fullname" . | trunc 46) -}}
{{- end -}}

{{/* The Secret with tokens; empty: there is none. */}}
{{- define "server.accessTokens" -}}
{{- if .Values.accessTokens.create -}}
{{- printf "%s-access" (include "server.fullname" . | trunc 56) -}}
{{- else -}}
{{- .Values.accessTokens.secretName -}}
{{- end -}}
{{- end -}}

{{- define "server.queuesRole" -}}
{{- printf "%s-queues" (include "server.fullname" . | trunc 56) -}}
{{- end -}}

{{/* Of every pod of this chart: the restricted pod security standard. */}}
{{- define "server.podSecurityContext" -}}
runAsNonRoot: true
seccompProfile: { type: RuntimeDefault }
{{- if include "server.archiveIsEmbedded" . }}
# The image's group may write to the claim.
fsGroup: 1000
{{- end }}
{{- end -}}
{{- define "server.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end -}}

{{/* Not empty where the archive is in the server's process. */}}
{{- define "server.archiveIsEmbedded" -}}
{{- if eq .Values.archive.url "embedded" }}
{{- if or .Values.autoscaling.enabled (gt (int .Values.replicas) 1) }}
{{- fail "archive.url: embedded is for one replica: set replicas: 1, or give the address of a PostgreSQL (docs/archive.md)" }}
{{- end -}}
yes
{{- end -}}
{{- end -}}

{{- define "server.archiveClaim" -}}
{{- .Values.archiveEmbedded.existingClaim | default (printf "%s-archive" (include "server.fullname" . | trunc 55)) -}}
{{- end -}}

{{/* The port of the archive's PostgreSQL; empty where there is none. */}}
{{- define "server.archivePort" -}}
{{- $url := .Values.archive.url -}}
{{- if hasPrefix "postgres" $url -}}
{{- regexFind ":[0-9]+$" (urlParse $url).host | trimPrefix ":" | default "5432" -}}
{{- end -}}
{{- end -}}

{{/* The configuration file as text. */}}
{{- define "server.configuration" -}}
{{- if .Values.configFile -}}
{{- if .Values.papermill.enabled -}}
{{- fail "papermill.enabled adds a process to config; with configFile write the process into that file (docs/notebooks.md)" -}}
{{- end -}}
{{- if .Values.access -}}
{{- fail "access is put into config; with configFile write it into that file (docs/access.md)" -}}
{{- end -}}
{{- if .Values.archive.url -}}
{{- fail "archive is put into config; with configFile write it into that file (docs/archive.md)" -}}
{{- end -}}
{{ .Values.configFile }}
{{- else -}}
{{- $config := deepCopy .Values.config -}}
{{- if .Values.archive.url -}}
{{- $archive := deepCopy .Values.archive -}}
{{- if include "server.archiveIsEmbedded" . -}}
{{- $archive = mergeOverwrite (dict "folder" "/data/archive") $archive -}}
{{- end -}}
{{- $config = mergeOverwrite $config (dict "archive" $archive) -}}
{{- end -}}
{{- if .Values.access -}}
{{- $config = mergeOverwrite $config (dict "access" (deepCopy .Values.access)) -}}
{{- end -}}
{{- if .Values.papermill.enabled -}}
{{- $processor := deepCopy .Values.papermill.processor -}}
{{- if .Values.papermill.progress -}}
{{- $processor = mergeOverwrite (dict "job_service_account" (include "server.notebooksAccount" .) "automountServiceAccountToken" true) $processor -}}
{{- end -}}
{{- if .Values.papermill.autoMountSecrets -}}
{{- $processor = mergeOverwrite (dict "auto_mount_secrets" true) $processor -}}
{{- end -}}
{{- $process := dict "type" "process" "processor" $processor -}}
{{- $config = mergeOverwrite $config (dict "resources" (dict .Values.papermill.processId $process)) -}}
{{- end -}}
{{- if .Values.visualisations.enabled -}}
{{- $config = mergeOverwrite $config (dict "operators" (list "visualisations") "processes_api" .Values.visualisations.processesApi) -}}
{{- end -}}
{{ toYaml $config }}
{{- end -}}
{{- end -}}
