/** What the path of a container's log file says of the container: Kubernetes' and Docker's names for them. */
import { newMetadata, type Metadata } from '../../component/event.ts';

/** `POD_NAMESPACE_CONTAINER-ID.log`, a link to the file in the pod's folder. */
const LINK = /\/([a-z0-9.-]+)_([a-z0-9-]+)_([a-z0-9.-]+)-([0-9a-f]{64})\.log$/;

/** `/var/log/pods/NAMESPACE_POD_UID/CONTAINER/RESTARTS.log`, and what it is rotated to. */
const POD = /\/pods\/([a-z0-9-]+)_([a-z0-9.-]+)_([0-9a-f-]{8,64})\/([a-z0-9.-]+)\/(\d+)\.log(?:\.[\w.-]+)?$/;

/** `/var/lib/docker/containers/ID/ID-json.log`, rotated by a number. */
const DOCKER = /\/containers\/([0-9a-f]{64})\/\1-json\.log(?:\.\d+)?$/;

export interface Container {
  /** The container's name where the path has it, else the first digits of its id. */
  readonly name: string;
  /** `kubernetes` or `docker`. */
  readonly key: 'kubernetes' | 'docker';
  readonly details: Metadata;
}

/** Undefined where a path is not a container's. */
export function containerOf(path: string): Container | undefined {
  const link = LINK.exec(path);
  if (link) {
    const [, pod, namespace, container, containerId] = link;
    return kubernetes({ namespace, pod, container, container_id: containerId });
  }
  const inPod = POD.exec(path);
  if (inPod) {
    const [, namespace, pod, podUid, container, restarts] = inPod;
    return kubernetes({ namespace, pod, pod_uid: podUid, container, restart_count: Number(restarts) });
  }
  const id = DOCKER.exec(path)?.[1];
  if (id === undefined) return undefined;
  return { name: id.slice(0, 12), key: 'docker', details: Object.assign(newMetadata(), { container_id: id }) };
}

function kubernetes(details: Readonly<Record<string, string | number | undefined>>): Container {
  const name = String(details['container']);
  return { name, key: 'kubernetes', details: Object.assign(newMetadata(), details) };
}
