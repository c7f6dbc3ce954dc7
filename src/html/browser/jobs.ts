import { followList } from './job-events.js';
import { refreshLiveRegions } from './live-regions.js';

if (document.querySelector('[data-live]')) followList(location.search.slice(1), () => void refreshLiveRegions());
