// What layers that were added with folium expect of the page: popups and the plain marker.
"use strict";

(function () {
  // folium writes the content of a popup as markup and asks for its first element. It is the map
  // maker's own; parsed this way no script in it runs.
  window.$ = window.$ || ((markup) => [document.adoptNode(new DOMParser().parseFromString(markup, "text/html").body.firstElementChild)]);

  // Leaflet looks for the picture of its marker beside its stylesheet; here it lies inside it.
  const probe = document.createElement("div");
  probe.className = "leaflet-default-icon-path";
  document.documentElement.appendChild(probe);
  const address = (/url\("?(data:[^")]+)"?\)/.exec(getComputedStyle(probe).backgroundImage) || [])[1];
  probe.remove();
  if (!address) return;
  delete L.Icon.Default.prototype._getIconUrl;
  L.Icon.Default.mergeOptions({ iconUrl: address, iconRetinaUrl: address, shadowUrl: null });
})();
