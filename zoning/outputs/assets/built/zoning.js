/* built by esbuild 0.28.2 of sources with SHA-256 176bb8fc890f54f7b8f6052028aaf706b48c7056446d4e76d06b569fd4843894 */
"use strict";var Zoning=(function(){document.documentElement.classList.add("zn-js");const e={},S={plan:null,state:{lang:"zh"}};S.on=function(n,c){(e[n]=e[n]||[]).push(c)},S.
emit=function(n,c){(e[n]||[]).forEach(r=>r(c))};function C(n,c,r){return Object.entries(c||{}).forEach(([l,i])=>{i==null||i===!1||(l==="class"?n.setAttribute("c\
lass",i):l==="css"?Object.assign(n.style,i):l.startsWith("on")?n.addEventListener(l.slice(2),i):n.setAttribute(l,i===!0?"":String(i)))}),r.flat(1/0).forEach(l=>{
l==null||l===!1||n.appendChild(l.nodeType?l:document.createTextNode(String(l)))}),n}S.el=(n,c,...r)=>C(document.createElement(n),c,r),S.svg=(n,c,...r)=>C(L.SVG.
create(n),c,r),S.find=n=>document.querySelector("#zn "+n),S.put=function(n,...c){return n.textContent="",C(n,null,c)},S.say=n=>n&&(n[S.state.lang]||n.zh||n.en)||
"",S.t=function(n,c){const r=S.words[n],l=c&&Number(c.n)===1&&r&&r[2];return(r?S.state.lang==="zh"?r[0]:l||r[1]:n).replace(/\{(\w+)\}/g,(f,h)=>c&&h in c?c[h]:f)},
S.place=n=>n?S.state.lang==="en"&&n.name_en||n.name||n.area_code||n.code:"",S.name=n=>S.say(S.plan.words.columns[n])||n,S.said=(n,c)=>n+(S.state.lang==="zh"?"：":
": ")+c,S.value=function(n,c){if(c==null||c==="")return S.t("missing");const r=n.endsWith("_grade")?"grade":n,l=S.plan.words.values[r];return l&&l[c]?S.say(l[c]):
String(c)},S.zone=function(n,c){const r=(c||S.plan.plans[0]).zones.find(l=>l.code===n);return r?{code:n,label:S.state.lang==="zh"?r.name_zh:r.name_en,colour:r.colour,
row:r}:{code:n,label:S.t("unzoned"),colour:"#d9d9d4",row:null}};const k=" ",v=n=>n!=null&&!Number.isNaN(n),m=(n,c)=>n.toLocaleString("en-US",{minimumFractionDigits:c,
maximumFractionDigits:c});return S.known=v,S.number=(n,c=0)=>v(n)?m(n,c):"–",S.km2=function(n,c=1){return v(n)?n!==0&&Math.abs(n)<1e6*10**-c?m(n,0)+k+"m²":m(
n/1e6,c)+k+"km²":"–"},S.percent=(n,c=1)=>v(n)?m(n*100,c)+"%":"–",S.ha=function(n){return v(n)?m(n/1e4,n!==0&&n<1e5?2:1)+k+S.t("ha"):"–"},S.icon=n=>S.svg(
"svg",{viewBox:"0 0 24 24",width:18,height:18,"aria-hidden":"true",class:"zn-icon"},S.svg("path",{d:n,fill:"none",stroke:"currentColor","stroke-width":1.7,"stro\
ke-linecap":"round","stroke-linejoin":"round"})),S})();Zoning.words={search:["搜索乡镇、红线区、编号或拼音","Search township, red line, code, piny\
in"],no_hits:["没有找到","nothing found"],unit:["单元","unit"],township:["乡镇街道","township"],redline:["红线区","red line"],county:["县（市、区）",
"county"],theme:["专题","Theme"],legend:["图例","Legend"],layers:["叠加图层","Overlays"],opacity:["不透明度","Opacity"],redlines:["生态红线区域",
"Red lines"],townships:["乡镇界","Townships"],counties:["县界","Counties"],labels:["地名","Names"],background:["在线底图","Background map"],level1:["\
一级管控区","Level 1"],level2:["二级管控区","Level 2"],side:["图层与图例","Layers and legend"],accounts:["账目","Accounts"],measure:["量测","\
Measure"],fullscreen:["全屏","Full screen"],print:["打印","Print"],link:["复制视图链接","Copy link to this view"],link_done:["链接已复制","Link c\
opied"],link_bar:["链接已写入地址栏","The address bar holds the link"],language:["English","中文"],home:["全图","Whole plan"],zoom_in:["放大","Zoo\
m in"],zoom_out:["缩小","Zoom out"],ha:["公顷","ha"],north:["上北下南","North is up"],account:["账目","Account"],after:["规划后建设用地","const\
ruction land then"],belongs:["上级","Belongs to"],classed:["乡镇分区","Townships by zone"],townships_n:["{n} 个乡镇","{n} townships","{n} township"],where_new:[
"新增最多的乡镇","Most new land"],next:["最先会变的","What would change first"],next_in:["若再增加 {area}的{counted}，即转为“{zone}”。",
"With {area} more under {counted} it would become {zone}."],next_out:["若减少超过 {area}的{counted}，即不再是“{zone}”。","With more than {area} \
less under {counted} it would no longer be {zone}."],margin_of:["裕度 {margin}","margin {margin}"],colon:["：",": "],in_brackets:["（{what}）"," ({what})"],
allowed:["是否符合规则","Do the rules hold"],why_protected:["依据","On what ground"],on_record:["登记信息","On record"],also_here:["此处还有","A\
lso here"],code:["编号","code"],filter:["显示或隐藏这一类","Show or hide this class"],in_view:["占当前视野的 {share}","{share} of the view"],townships_table:[
"乡镇表","Table of townships"],share_after:["规划后占比","share then"],find_in_table:["按名称查找","Find by name"],save_units:["导出单元 CSV","\
Units as CSV"],save_picture:["保存图片","Save picture"],did_you_mean:["是否指","Did you mean"],step_limits:["此上限下的限额","Limits at this cap"],
step_ok:["限额均满足","All limits hold"],step_cannot:["规则无法同时成立","Rules cannot hold together"],step_checks:["检查针对方案本身（{cap}）",
"checks are of the plan itself ({cap})"],water:["水系","Water"],roads:["主要道路","Main roads"],relief:["地形晕渲","Relief"],around:["相邻区域","N\
eighbours"],absent:["未显示的底图要素","Not shown on the ground"],differences:["分区差异","Differences"],same_zone:["分区相同","same zone"],changed_towns:[
"有变化的乡镇（{n} 个）","Townships that change ({n})"],comma:["、",", "],town_gone:["撤销","gone"],town_gone_into:["撤销，其单元现属{towns}",
"gone; its units now lie in {towns}"],town_new:["新设","new"],town_new_from:["新设，其单元原属{towns}","new; its units lay in {towns}"],town_renamed:[
"更名为{towns}","now called {towns}"],paste:["或粘贴多边形：WKT、GeoJSON、经纬度","or paste a polygon: WKT, GeoJSON, lon lat"],polygon_crosses:["\
边线自相交，无法计算面积","Its sides cross: it has no area to tell"],one_ring:["不是单个多边形环（WKT、GeoJSON 或逐行经纬度）；多部件或带洞的请用 zoning site。",
"Not one ring (WKT, GeoJSON, or lon lat by lines); zoning site takes parts and holes."],read_polygon:["读取","Read"],by_units:["按 {n} 个单元推算，假定单元内分布均匀；精确核查请用 z\
oning site。","By {n} units, as if each were even inside; the exact check is zoning site."],polygon_outside:["多边形不在规划范围内","The polygon lies\
 outside the plan"],dark:["暗色","Dark room"],slider:["建设用地上限","Cap on construction land"],slider_back:["回到方案（{cap}）","Back to the pla\
n ({cap})"],step_price:["上限每增 1 m² 的价值","worth of 1 m² more cap"],step_none:["此上限下各项规则无法同时成立","at this cap the rules\
 cannot hold together"],grade_complete:["已证最优，差距 {gap}","proved best, gap {gap}"],grade_bounded:["已证不差于最优 {gap}","proved within {gap\
} of the best"],grade_word:["求解器结果，差距 {gap}","on the solver's word, gap {gap}"],and:["、",", "],headline:["要点","In short"],verdict_ok:["符合全\
部规则","Every rule holds"],verdict_noted:["符合规则，{n} 项须注意","Rules hold, {n} to look at"],verdict_bad:["{n} 项规则未满足","{n} rules f\
ail","{n} rule fails"],verdict_of:["检查 {n} 项","{n} checks","{n} check"],cap_used:["建设用地占比","Construction land"],cap_under:["上限 {cap}，剩余 {left}",
"cap {cap}, {left} left"],cap_over:["上限 {cap}，超出 {left}","cap {cap}, {left} above it"],now_then:["{now} → {then}","{now} → {then}"],new_land:["新增建\
设用地","New construction land"],new_most:["最多：{names}","most in {names}"],new_none:["本方案未安排新增","none is placed"],kept:["保护用地",
"Protected land"],kept_of:["占全市 {share}，红线 {n} 处","{share} of the city, {n} red lines","{share} of the city, {n} red line"],kept_share:["占全市 {shar\
e}","{share} of the city"],built_on_kept:["其中现状建设 {area}","{area} of it built"],dated:["用地现状：{d} 年","Land use of {d}"],undated:["用地现状年份未\
注明","year of the land use not stated"],dated_red:["红线：{d} 年","red lines of {d}"],semicolon:["；","; "],close:["关闭","Close"],loading:["正在读取规划数据…",
"Reading the plan…"],failed:["地图数据无法读取：{why}","The map's data cannot be read: {why}"],missing:["无数据","no data"],none:["无","none"],unzoned:[
"未分区","unzoned"],internal:["内部使用，未经审核不得公开","For internal use; not reviewed for publication"],approval:["审图号：{n}","Map ap\
proval no. {n}"],why:["为什么是这一分区","Why this zone"],why_so:["为何如此","Why"],why_county:["县（市、区）不单独定类：其乡镇逐一按方法定类，单元随乡镇，叠加区另计。",
"A county has no class of its own: its townships are classed one by one, units take their class, overlays lie over them."],why_township:["本单元 {share}的面积属于{town}\
。该乡镇定为“{zone}”，单元随乡镇。","{share} of this unit lies in {town}. The township is classed {zone}; the unit takes its class."],why_overlay:[
"{counted}占本单元的 {share}{limit}，因此划为“{zone}”。所属乡镇{town}为“{town_zone}”。","Of this unit {share} lies in {counted}{limit},\
 so it becomes {zone}. Its township {town} is {town_zone}."],why_limit:["，达到 {limit}的阈值"," (threshold {limit})"],why_override:["由人工决定划为“{zone}”。所属乡镇\
{town}为“{town_zone}”。","Set to {zone} by a decision by hand. Its township {town} is {town_zone}."],why_contiguity:["为保持连片调整为“{zone}”。所属乡镇{town}为“{town_z\
one}”。","Changed to {zone} to keep zones in one piece. Its township {town} is {town_zone}."],why_unknown:["依据不足，未分区，列入人工复核。",
"Not enough is known: unzoned, listed for review."],decision:["人工决定","Decision by hand"],who:["决定人","by"],when:["日期","date"],reason:["理由",
"reason"],method_says:["按方法应为","the method says"],stale:["仍予执行，但方法结果已变，请复核","applied although the method's answer has \
changed since; review it"],moot:["方法现已得出相同结果","moot: the method now says the same"],land:["用地构成","Land"],reds_here:["涉及的红线区",
"Red lines in this unit"],of_township:["所属乡镇","Township"],decided_by:["触发规则","rule that fired"],terms:["逐项计算过程","term by term"],terms_out:[
"逐项计算过程过多，未随地图附带，请用命令行或方案的表格查看","Too many terms to travel with the map; see zoning explain"],lines_from:[
"小于约 {d} km 的范围在此比例尺不画线，放大后可见","Areas smaller than about {d} km have no line from here; zoom in to see it"],as_one:["远景：\
每 {n} × {n} 个单元合为一格（取面积最大的类，比例按合计），放大后逐单元显示","From afar {n} × {n} units are drawn as one (the c\
lass with most area, shares of their sums); zoom in for single units"],rounded:["数值按方格面积的 {step} 取整","Values are rounded to {step} of a squa\
re"],published:["公布面积","published area"],computed:["计算面积","computed area"],cap_title:["建设用地总量","Construction land"],cap_line:["上限 {s\
hare}","cap {share}"],existing:["现状建设用地","existing"],new:["新增建设用地","new"],no_cap:["方案未规定上限，只列现状","the plan state\
s no cap: existing land only"],headroom:["剩余空间","left under the cap"],over:["超出上限","above the cap"],base:["基数","base"],eco_agri:["生态与农业空间",
"Ecological and agricultural land"],zones_title:["主体功能区","Zones"],share_of_city:["占全市面积","Share of the city"],share_base:["占全市面积的比例；色条为当前视野",
"Share of all land of the city; bars: of the view"],built_in_zone:["分区内建设用地比重","Construction land within each zone"],counties_title:["各县（市、区）建\
设用地比重","Construction land by county"],reds_title:["生态红线","Red lines"],reds_areas:["{n} 个区域","{n} areas","{n} area"],reds_union:["合计面积（重叠\
计一次）","area, overlaps once"],reds_level1:["其中一级管控区","of it level 1"],checks_title:["检查","Checks"],checks_ok:["{n} 项通过","{n} hold",
"{n} holds"],checks_noted:["{n} 项提示","{n} to note"],checks_bad:["{n} 项未通过","{n} fail","{n} fails"],measured:["实测","measured"],limit:["限值",
"limit"],units_n:["{n} 个单元","{n} units","{n} unit"],cap:["上限","cap"],measure_help:["点击地图加点，Esc 结束","Click to add points, Esc ends"],
length:["长度","length"],surface:["面积","area"],clear:["清除","Clear"],left:["左","left"],right:["右","right"],swipe:["左右对比","Swipe between the\
 plans"],changed:["{n} 个单元分区不同","{n} units differ in zone","{n} unit differs in zone"],date:["打印日期 {d}","printed {d}"],middle:["按回车选取地图中心的\
单元","Enter picks the unit at the centre of the map"],outline:["市界","City"],whole_city:["全市","City"],of_unit_area:["占单元市内面积的比例","\
Share of the unit's area in the city"],values:["指标与规则","Values and rule"],source:["来源","source"]},(function(e){const S={uint8:Uint8Array,uint16:Uint16Array,
uint32:Uint32Array},C=1e-5;function k(v){const m=atob(v),n=new Uint8Array(m.length);for(let c=0;c<m.length;c++)n[c]=m.charCodeAt(c);return n}e.inflate=async function(v){
const m=k(v);if(typeof DecompressionStream>"u")return fflate.unzlibSync(m);const n=new Blob([m]).stream().pipeThrough(new DecompressionStream("deflate"));return new Uint8Array(
await new Response(n).arrayBuffer())},e.inflateNow=v=>fflate.unzlibSync(k(v)),e.numbers=async function(v){const m=await e.inflate(v.data);return v.type==="json"?
JSON.parse(new TextDecoder().decode(m)):e.planes(m,v.type)},e.planes=function(v,m){const n=S[m],c=n.BYTES_PER_ELEMENT,r=v.length/c,l=new n(r);for(let i=0;i<c;i++){
const f=i*r;for(let h=0;h<r;h++)l[h]|=v[f+h]<<8*i}return l},e.reader=function(v){let m=0;const n=function(){let c=0,r=1;for(;;){const l=v[m++];if(c+=(l&127)*r,l<
128)return c;r*=128}};return n.left=()=>m<v.length,n},e.shapes=async function(v){const m=e.reader(await e.inflate(v)),n=function(){const f=m();return f%2?-(f+1)/
2:f/2};let c=0,r=0;const l=()=>Array.from({length:m()},()=>(c+=n(),r+=n(),[r*C,c*C])),i=[];for(;m.left();)i.push(Array.from({length:m()},()=>Array.from({length:m()},
l)));return i}})(Zoning),(function(e){function S(k){const v=1/k.rf,m=v/(2-v),n=m*m,c=n*m,r=n*n,l=k.k0*k.a/(1+m)*(1+n/4+r/64),i=[m/2-2/3*n+5/16*c+41/180*r,13/48*
n-3/5*c+557/1440*r,61/240*c-103/140*r,49561/161280*r],f=Math.sqrt(v*(2-v)),h=Math.PI/180;return function(u,a){const d=Math.sin(u*h),o=(a-k.lon0)*h;if(Math.abs(o)>
1.2)return[NaN,NaN];const g=Math.sinh(Math.atanh(d)-f*Math.atanh(f*d)),t=Math.atan2(g,Math.cos(o)),s=Math.atanh(Math.sin(o)/Math.sqrt(1+g*g));let p=s,w=t;return i.
forEach((y,_)=>{const x=2*(_+1);p+=y*Math.cos(x*t)*Math.sinh(x*s),w+=y*Math.sin(x*t)*Math.cosh(x*s)}),[k.fe+l*p,k.fn+l*w]}}function C(k){const[v,m,n,c]=k.box,r=k.
degree+1,l=new Float64Array(r),i=new Float64Array(r),f=function(h,u){h[0]=1,h[1]=u;for(let a=2;a<r;a++)h[a]=2*u*h[a-1]-h[a-2]};return function(h,u){const a=2*(u-
v)/(n-v)-1,d=2*(h-m)/(c-m)-1;if(!(Math.abs(a)<=1&&Math.abs(d)<=1))return[NaN,NaN];f(l,a),f(i,d);let o=0,g=0;for(let t=0;t<r;t++)for(let s=0;s<r;s++){const p=l[t]*
i[s];o+=p*k.x[t*r+s],g+=p*k.y[t*r+s]}return[o,g]}}e.projector=k=>k.kind==="tm"?S(k):C(k),e.unprojector=function(k,v){const[m,n,c,r]=v,l=1e-5;return function(i,f){
let h=(n+r)/2,u=(m+c)/2;for(let a=0;a<12;a++){const[d,o]=k(h,u),[g,t]=k(h,u+l),[s,p]=k(h+l,u),w=(g-d)/l,y=(s-d)/l,_=(t-o)/l,x=(p-o)/l,z=w*x-y*_,b=i-d,M=f-o;if(u+=
(x*b-y*M)/z,h+=(w*M-_*b)/z,Math.hypot(b,M)<.01)break}return[h,u]}}})(Zoning),(function(e){function S(m){return m-=m>>>1&1431655765,m=(m&858993459)+(m>>>2&858993459),
(m+(m>>>4)&252645135)*16843009>>>24}function C(m){const n=new Uint32Array(Math.ceil(m.length/4)+1);m.forEach((r,l)=>{n[l>>2]|=r<<8*(l&3)});const c=new Uint32Array(
n.length);for(let r=1;r<n.length;r++)c[r]=c[r-1]+S(n[r-1]);return{words:n,before:c}}function k(m,n){const c=new Uint32Array(n);let r=0;for(let l=0;l<m.length;l++)
for(let i=m[l];i;i&=i-1)c[r++]=l*32+31-Math.clz32(i&-i);return c}e.loadGrid=async function(m){if(m.levels)return e.loadPyramid(m);const n=m.grid,{words:c,before:r}=C(
await e.inflate(n.mask)),l=k(c,n.units),i={};for(const o of m.columns)i[o.name]=Object.assign({},o,{values:await e.numbers(o)});const f=e.projector(n.projection),
h=e.unprojector(f,n.bounds),u=n.code.list?await e.numbers(n.code.list):null,a={columns:i,count:n.units,cell:n.cell,bounds:n.bounds,forward:f,size:[n.columns,n.rows]};
a.at=function(o,g){if(!(o>=0&&g>=0&&o<n.columns&&g<n.rows))return-1;const t=g*n.columns+o,s=c[t>>>5],p=t&31;return s>>>p&1?r[t>>>5]+S(s&2**p-1):-1},a.squares=function(o,g){
const[t,s]=f(o,g);return[(t-n.x0)/n.cell,(s-n.y0)/n.cell]},a.find=function(o,g){const[t,s]=a.squares(o,g);return a.at(Math.floor(t),Math.floor(s))};const d=o=>[
n.x0+l[o]%n.columns*n.cell,n.y0+Math.floor(l[o]/n.columns)*n.cell];if(a.code=function(o){if(u)return u[o];const[g,t]=d(o);return n.code.head+"N"+Math.round(t/n.
code.metres)+"E"+Math.round(g/n.code.metres)},a.centre=function(o){const[g,t]=d(o);return h(g+n.cell/2,t+n.cell/2)},a.outline=function(o){const[g,t]=d(o);return[
[0,0],[1,0],[1,1],[0,1]].map(([s,p])=>h(g+s*n.cell,t+p*n.cell))},a.value=function(o,g){const t=i[g];return!t||t.values[o]===t.missing?null:t.kind==="name"?t.labels[t.
values[o]]:t.values[o]*t.step},a.coarse=m.columns.some(o=>o.kind==="area"&&o.type==="uint8"),m.texts){a.texts={};for(const o of Object.keys(m.texts))a.texts[o]=
await e.numbers(m.texts[o])}return m.redlines&&(a.redlines=await v(m.redlines)),a};async function v(m){const n=await e.numbers(m.counts),c=await e.numbers(m.index),
r=await e.numbers(m.amount),l=new Uint32Array(n.length+1);return n.forEach((i,f)=>{l[f+1]=l[f]+i}),i=>Array.from({length:n[i]},(f,h)=>({code:m.areas[c[l[i]+h]],
area_m2:r[l[i]+h]*m.step}))}})(Zoning),(function(e){const C=(m,n)=>m[n>>3]>>(n&7)&1;function k(m,n,c,r){const l={},i={bits:e.inflateNow(m.mask),columns:{},classes:{},
count:n*n},f=(h,u,a)=>{const d=(h===m.given?"given ":"")+u;return l[d]=l[d]||e.planes(e.inflateNow(h[u]),a),l[d]};return Object.keys(m.columns).forEach(h=>{const u=c[h],
a=u.kind==="area"?u.step*r*r:u.step;i.columns[h]=Object.defineProperty(Object.assign({},u,{step:a}),"values",{get:()=>f(m.columns,h,u.type)})}),i.given=h=>f(m.given,
h,"uint8"),i}function v(m,n,c,r){const[l,i]=m.size,f=Math.ceil(l/n),h=new Map;let u=-1,a=null;function d(g,t){const s=Math.floor(t/n)*f+Math.floor(g/n);return s===
u||(u=s,a=h.get(s)||null,!a&&m.tiles[s]&&(a=k(m.tiles[s],n,c,m.factor),h.size>=96&&h.delete(h.keys().next().value),h.set(s,a))),a}const o={factor:m.factor,size:m.
size,tiles:Object.keys(m.tiles).map(Number)};return o.squares=(g,t)=>r(g,t).map(s=>s/m.factor),o.at=function(g,t){if(!(g>=0&&t>=0&&g<l&&t<i))return-1;const s=d(
g,t);return s&&C(s.bits,t%n*n+g%n)?t*l+g:-1},o.seek=function(g){const t=g%l,s=(g-t)/l;return[d(t,s),s%n*n+t%n]},o.value=function(g,t){const[s,p]=o.seek(g),w=s&&
s.columns[t];return!w||w.values[p]===w.missing?null:w.kind==="name"?w.labels[w.values[p]]:w.values[p]*w.step},o.area=g=>o.value(g,"area_m2")||0,o.kind=function(g,t){
const[s,p]=o.seek(g);return(s.classes[t.key]=s.classes[t.key]||t.of(s)).classes[p]},o.tile=g=>d(g%f*n,Math.floor(g/f)*n),o}e.loadPyramid=function(m){const n=m.grid,
c={};m.columns.forEach(d=>{c[d.name]=d});const r=e.projector(n.projection),l=e.unprojector(r,n.bounds),i=function(d,o){const[g,t]=r(d,o);return[(g-n.x0)/n.cell,
(t-n.y0)/n.cell]},f=m.levels.map(d=>v(d,m.tile,c,i)),[h]=f,u={columns:c,count:n.units,cell:n.cell,bounds:n.bounds,forward:r,size:[n.columns,n.rows],squares:i,coarse:!0,
at:h.at,value:h.value,kind:h.kind},a=d=>[n.x0+d%n.columns*n.cell,n.y0+Math.floor(d/n.columns)*n.cell];return u.level=d=>f[Math.max(0,Math.min(f.length-1,Math.floor(
Math.log2(d)+1e-9)))]||h,u.find=function(d,o){const[g,t]=i(d,o);return u.at(Math.floor(g),Math.floor(t))},u.code=function(d){const[o,g]=a(d);return n.code.head+
"N"+Math.round(g/n.code.metres)+"E"+Math.round(o/n.code.metres)},u.named=function(d){const o=/n(-?\d+)e(-?\d+)$/i.exec(d);if(!o)return[];const[g,t]=[(o[2]*n.code.
metres-n.x0)/n.cell,(o[1]*n.code.metres-n.y0)/n.cell].map(Math.round),s=u.at(g,t);return s>=0&&u.code(s).toLowerCase().includes(d.toLowerCase())?[s]:[]},u.centre=
function(d){const[o,g]=a(d);return l(o+n.cell/2,g+n.cell/2)},u.outline=function(d){const[o,g]=a(d);return[[0,0],[1,0],[1,1],[0,1]].map(([t,s])=>l(o+t*n.cell,g+s*
n.cell))},u.given=function(d,o){const[g,t]=h.seek(d);return g.given(o)[t]},u.classify=function(d,o){const g=p=>e.classify({columns:p.columns,count:p.count},d,d&&
d.given?{given:{classes:{[d.code]:p.given(d.code)}}}:o),t={key:d?d.code:"",of:g},s=f[f.length-1];return t.anyMissing=!1,s.tiles.forEach(p=>{const w=s.tile(p),y=w.
classes[t.key]=g(w);t.entries=y.entries,t.anyMissing=t.anyMissing||y.classes.some((_,x)=>_===e.MISSING&&C(w.bits,x))}),t},u}})(Zoning),(function(e){function c(i){
const f=parseInt(i.slice(1),16);return(4278190080|(f&255)<<16|f&65280|f>>16)>>>0}function r(i){const f=h=>{const u=i>>>h&255;return Math.round(u+(255-u)*.3)<<h};
return(4278190080|f(16)|f(8)|f(0))>>>0}function l(i,f){const h=u=>Math.min(255,Math.round((i>>>u&255)*f))<<u;return(4278190080|h(16)|h(8)|h(0))>>>0}e.GridLayer=
L.GridLayer.extend({initialize:function(i,f,h){L.GridLayer.prototype.initialize.call(this,Object.assign({tileSize:256,updateWhenZooming:!1},h)),this.grid=i,this.
rings=f.flat(2).map(u=>u.map(a=>L.CRS.EPSG3857.latLngToPoint(L.latLng(a),0)))},show:function(i){this.classed=i,this.classes=i.classes,this.colours=i.entries.map(
f=>c(f.colour)),this.redraw()},createTile:function(i){const f=this.getTileSize().x+16,h=Math.min(2,Math.ceil(window.devicePixelRatio||1)),u=document.createElement(
"canvas");if(u.width=u.height=f*h,!this.classed)return u;const a=u.getContext("2d"),d=a.createImageData(u.width,u.width);return this.paint(new Uint32Array(d.data.
buffer),u.width,i,f/u.width)&&(a.putImageData(d,0,0),this.cut(a,i,h)),u},_initTile:function(i){L.GridLayer.prototype._initTile.call(this,i),i.style.width=i.style.
height=this.getTileSize().x+16+"px"},paint:function(i,f,h,u){const a=this._map,d=this.getTileSize().x,o=(z,b)=>{const M=a.unproject([h.x*d+z*u,h.y*d+b*u],h.z);return this.
grid.squares(M.lat,M.lng)},g=f/16+1,t=Array.from({length:g*g},(z,b)=>o(b%g*16,Math.floor(b/g)*16)),[s,p]=[t[0],t[g*g-1]],w=Math.abs(p[0]-s[0])/f;this.level=this.
grid.level?this.grid.level(w):null;const y=w>0&&1/w>=18/u,_=new Int32Array(f*f).fill(-1);let x=!1;for(let z=0;z+1<g;z++)for(let b=0;b+1<g;b++){const M=z*g+b,O=[
t[M],t[M+1],t[M+g],t[M+g+1]];x=this.block(i,_,f,b*16,z*16,O,o)||x}return y&&this.lines(i,_,f),x},block:function(i,f,h,u,a,d,o){const[g,t,s,p]=d,w=d.some(b=>!Number.
isFinite(b[0]+b[1])),{grid:y,level:_}=this,x=e.state.overlays.has("relief")?y.relief:null;let z=!1;for(let b=0;b<16;b++){const M=(b+.5)/16;for(let O=0;O<16;O++){
const E=(O+.5)/16;let A,T;w?[A,T]=o(u+O+.5,a+b+.5):(A=(g[0]*(1-E)+t[0]*E)*(1-M)+(s[0]*(1-E)+p[0]*E)*M,T=(g[1]*(1-E)+t[1]*E)*(1-M)+(s[1]*(1-E)+p[1]*E)*M);const N=_?
_.at(Math.floor(A/_.factor),Math.floor(T/_.factor)):y.at(Math.floor(A),Math.floor(T));if(N<0)continue;const I=(a+b)*h+u+O,j=_?_.kind(N,this.classed):this.classes[N];
e.state.hidden.has(j)?i[I]=4293520364:j===e.MISSING?i[I]=(O+b)%8<2?4290034110:4292270814:i[I]=x?l(this.colours[j],e.shade(x,A,T)):this.colours[j],f[I]=N,z=!0}}return z},
lines:function(i,f,h){const u=new Uint8Array(f.length);for(let a=h;a<f.length;a++)for(const d of a%h?[a-1,a-h]:[a-h])f[a]!==f[d]&&(u[a]=u[d]=1);u.forEach((a,d)=>{
a&&f[d]>=0&&(i[d]=r(i[d]))})},cut:function(i,f,h){if(!this.rings.length)return;const u=2**f.z*h,a=this.getTileSize().x*h;i.globalCompositeOperation="destination\
-in",i.beginPath();for(const d of this.rings)d.forEach((o,g)=>{const t=o.x*u-f.x*a,s=o.y*u-f.y*a;g?i.lineTo(t,s):i.moveTo(t,s)}),i.closePath();i.fill("evenodd"),
i.globalCompositeOperation="source-over"}})})(Zoning),(function(e){const C=c=>e.number(c*100,Number.isInteger(Math.round(c*1e6)/1e4)?0:1);function k(c,r){const l=c.
columns.zone,i=r.zones.map(u=>({colour:u.colour,label:()=>e.state.lang==="zh"?u.name_zh:u.name_en})),f=l.labels.map(u=>r.zones.findIndex(a=>a.code===u)),h=new Uint8Array(
c.count);for(let u=0;u<c.count;u++){const a=l.values[u]===l.missing?-1:f[l.values[u]];h[u]=a<0?255:a}return{classes:h,entries:i}}function v(c,r){return r===c.colours.
length-1?"> "+C(c.breaks[r])+"%":C(c.breaks[r])+"–"+C(c.breaks[r+1])+"%"}function m(c,r){const l=c.columns[r.part],i=r.whole?c.columns[r.whole]:null,f=r.zero?
1:0,h=r.colours.length-1,u=new Uint8Array(c.count);for(let d=0;d<c.count;d++){const o=l.values[d],g=i?i.values[d]*i.step:1;if(o===l.missing||g===0||i&&i.values[d]===
i.missing){u[d]=255;continue}const t=o*l.step/g;let s=0;for(;s<h&&t>r.breaks[s+1]+1e-9;)s++;u[d]=f&&o===0?0:s+f}const a=r.colours.map((d,o)=>({colour:d,label:()=>v(
r,o)}));return f&&a.unshift({colour:r.zero,label:()=>e.t("none")}),{classes:u,entries:a}}const n=c=>({classes:new Uint8Array(c.count),entries:[{colour:"#cfd8d6",
label:()=>e.t("unit")}]});e.classify=function(c,r,l){if(c.classify)return c.classify(r,l);if(!r)return n(c);const i=r.given?e.givenClasses(l,r):r.code==="zones"?
k(c,l):m(c,r);return i.anyMissing=i.classes.includes(255),i},e.themeValue=function(c,r,l,i){if(r.given)return e.givenValue(i,r,l);if(r.code==="zones")return e.zone(
c.value(l,"zone"),i).label;const f=c.value(l,r.part),h=r.whole?c.value(l,r.whole):1;return f===null||!h?e.t("missing"):e.percent(f/h)},e.kindOf=(c,r)=>c.grid.kind?
c.grid.kind(r,c.classed):c.classed.classes[r],e.MISSING=255})(Zoning),(function(e){e.loadGiven=async function(n){const c={};for(const r of Object.keys(n.classes))
c[r]=await e.numbers(n.classes[r]);return{classes:c,cards:await e.numbers(n.cards)}},e.givenClasses=function(n,c){return{classes:n.given.classes[c.code],entries:c.
given.map(r=>({colour:r.colour,label:()=>e.say(r.label)}))}},e.givenValue=function(n,c,r){const l=e.sides.find(f=>f.plan===n),i=l.grid.given?l.grid.given(r,c.code):
n.given.classes[c.code][r];return i===e.MISSING?e.t("missing"):e.say(c.given[i].label)},e.drawGiven=async function(n){const c={};for(const r of e.plan.given_layers){
const l=await e.shapes(r.shapes),i=r.rows?await e.numbers(r.rows):[],f=(d,o)=>d&&d[o]||void 0,h=l.map((d,o)=>({shape:d,at:o,kind:r.classes[o],values:i[o],name_en:f(
r.english,o),reading:f(r.readings,o)}));r.drawn=h;const u=n(h,d=>({color:d.kind<0||r.filled?r.colour:r.legend[d.kind].colour,weight:r.filled?1.4:2.2,fill:r.filled,
fillOpacity:.5,interactive:!1,fillColor:d.kind<0?r.colour:r.legend[d.kind].colour})),a=()=>({color:"#fff",weight:4.6,fill:!1,interactive:!1});c[r.code]=r.filled?
u:L.layerGroup([n(h,a),u])}return c},e.givenLegend=()=>e.plan.given_layers.filter(n=>e.state.overlays.has(n.code)).flatMap(n=>{const c=e.say(n.label);return n.legend.
length?n.legend.map(r=>({colour:r.colour,label:c+" · "+e.say(r.label),line:!n.filled})):[{colour:n.colour,label:c,line:!n.filled}]}),e.givenAt=(n,c)=>e.plan.given_layers.
filter(r=>e.state.overlays.has(r.code)&&r.columns.length).flatMap(r=>e.featuresAt({rows:r.drawn},n,c).map(l=>({layer:r,row:l})));const S=(n,c)=>n.columns.findIndex(
r=>r.name===c);e.givenName=function({layer:n,row:c}){if(e.state.lang==="en"&&c.name_en)return c.name_en;const r=["name","code"].map(l=>S(n,l)).find(l=>l>=0&&c.values[l]);
return r===void 0?e.say(n.label):k(c.values[r])};function C({layer:n,row:c}){const r=S(n,"code"),l=n.keys?n.keys[c.at]:r<0?null:c.values[r];return e.sides[0].plan.
given.cards.filter(i=>i.place+"s"===n.code&&i.rows[l]).map(i=>[i,l])}e.givenAbout=n=>C(n).map(([c,r])=>m(c,r)),e.givenRows=function(n){const{layer:c,row:r}=n,l=new Set(
C(n).flatMap(([f])=>f.names||[])),i=e.givenName(n);return c.columns.map((f,h)=>r.values[h]!==null&&!l.has(f.name)&&k(r.values[h])!==i&&[e.say(f),k(r.values[h])])},
e.cellText=n=>k(n);const k=n=>n===null?"–":typeof n=="object"?e.say(n):n;function v(n,c){if(!n.terms)return e.el("p",{class:"zn-soft"},e.t("terms_out"));const r=e.
el("pre",{class:"zn-terms"}),l=async()=>{n.told=n.told||e.numbers(n.terms);const i=(await n.told)[c];r.textContent=i?i[e.state.lang==="zh"?0:1].join(`
`):"–"};return e.el("details",{ontoggle:i=>i.target.open&&l()},e.el("summary",null,e.t("terms")),r)}function m(n,c){const r=n.rows[c];return[e.el("h3",null,e.
say(n.title)),n.left_out?e.el("p",{class:"zn-soft"},e.say(n.left_out)):r.map((l,i)=>[e.el("dl",{class:"zn-pairs"},l.map((f,h)=>[e.el("dt",null,e.say(n.columns[h])),
e.el("dd",null,k(f))])),n.keys?v(n,n.keys[c][i]):null])]}e.givenCards=(n,c,r)=>n.given.cards.map(l=>{if(l.left_out)return m(l);const i=l.place==="unit"?c.code(r):
c.columns[l.place]?c.value(r,l.place):null;return l.rows[i]?m(l,i):null}),e.givenOn=(n,c,r)=>n.given.cards.filter(l=>l.place===c&&l.rows[r]).map(l=>m(l,r))})(Zoning),
(function(e){const S={city:{color:"#2b2f33",weight:2.2,fill:!1,interactive:!1},counties:{color:"#2b2f33",weight:1.3,dashArray:"7 3 1.5 3",fill:!1,interactive:!1},
townships:{color:"#43484d",weight:.8,opacity:.9,fill:!1,interactive:!1}},C=3e3,k=4,v=9,m=()=>e.plan.look.redline,n=u=>m().level[u.level===1?1:2];e.loadLayers=async function(u){
const a={};for(const d of Object.keys(u)){const o=await e.numbers(u[d].table),g=await e.shapes(u[d].shapes),t=o.rows.map((s,p)=>{const w={code:o.codes[p],shape:g[p],
anchor:(o.anchors||[])[p]};return o.columns.forEach((y,_)=>{w[y]=s[_]}),o.english&&Object.assign(w,{name_en:o.english[p],reading:o.readings[p]}),w});a[d]={rows:t,
types:o.types||{},sources:o.sources||{},byCode:new Map(t.map(s=>[s.code,s]))}}return a},e.hatch=function(u){const a=u===1?6:11;return e.svg("pattern",{id:"zn-ha\
tch-"+u,width:a,height:a,patternUnits:"userSpaceOnUse",patternTransform:"rotate(45)"},e.svg("line",{x1:a/2,y1:0,x2:a/2,y2:a,stroke:m().casing,"stroke-width":u===
1?3.2:2.8,"stroke-opacity":.6}),e.svg("line",{x1:a/2,y1:0,x2:a/2,y2:a,stroke:m().line,"stroke-width":u===1?1.9:1.2}))};function c(u){const a=n(u);return{className:"\
zn-red-line",color:m().line,weight:a.px,dashArray:a.dash||null,fillColor:"url(#zn-hatch-"+(u.level===1?1:2)+")",fillOpacity:1,interactive:!1}}const r=u=>({className:"\
zn-red-casing",color:m().casing,weight:n(u).px+2.2,opacity:.95,fill:!1,interactive:!1});e.calm=u=>document.getElementById("zn").classList.toggle("zn-calm",u);const l=new Map;
e.linesNote=()=>l.size?e.t("lines_from",{d:e.number(Math.max(...l.values())/1e3,1)}):"";const i=L.LayerGroup.extend({initialize:function(u,a){L.LayerGroup.prototype.
initialize.call(this,[]),this.make=a,this.items=u.map(d=>{const o=e.boundsOf(d);return{row:d,box:o,wide:Math.max(o.getEast()-o.getWest(),o.getNorth()-o.getSouth()),
layer:null}})},onAdd:function(u){L.LayerGroup.prototype.onAdd.call(this,u),u.on("moveend",this.follow,this),this.follow()},onRemove:function(u){u.off("moveend",
this.follow,this),l.delete(this),L.LayerGroup.prototype.onRemove.call(this,u)},follow:function(){const u=360/(256*2**this._map.getZoom()),a=this._map.getBounds().
pad(.3),d=this.items.filter(s=>a.intersects(s.box));let o=k;for(;d.filter(s=>s.wide>=o*u).length>C;)o*=1.5;const g=new Set(d.filter(s=>s.wide>=o*u));this.items.
forEach(s=>{s.layer&&!g.has(s)&&(this.removeLayer(s.layer),s.layer=null)}),g.forEach(s=>{s.layer||this.addLayer(s.layer=this.make(s.row))}),g.size<d.length?l.set(
this,o*u*111320*Math.cos(a.getCenter().lat*Math.PI/180)):l.delete(this);const t=e.find(".zn-lines-note");t&&(t.textContent=e.linesNote())}});e.drawLayers=async function(u,a){
const d=(y,_)=>(u.createPane(y).style.zIndex=_,y),o={},g=L.svg({pane:d("zn-lines",420),padding:.5}),t=(y,_)=>L.polygon(y.shape,Object.assign({renderer:g,pane:"z\
n-lines",smoothFactor:.6},_(y))),s=(y,_)=>{const x=y.filter(z=>z.shape.length);return x.length>C?new i(x,z=>t(z,_)):L.layerGroup(x.map(z=>t(z,_)))},p=(y,_,x)=>L.
layerGroup([s(y,()=>({color:"#fff",weight:_,opacity:.5,fill:!1,interactive:!1})),s(y,x)]);a.redlines&&(o.redlines=L.layerGroup([s(a.redlines.rows,r),s(a.redlines.
rows,c)])),a.townships&&(o.townships=p(a.townships.rows,1.8,()=>S.townships)),a.counties&&(o.counties=p(a.counties.rows,3,()=>S.counties)),Object.assign(o,await e.
drawGiven(s)),o.city=s(a.city.rows,()=>S.city),g.addTo(u);const w=e.svg("defs",null,e.hatch(1),e.hatch(2));return g._container.insertBefore(w,g._container.firstChild),
o.labels=h(u,a,d("zn-names",440)),o};const f=u=>[...u].reduce((a,d)=>a+(d.charCodeAt(0)>11904?1:.55),0);function h(u,a,d){const o=L.layerGroup(),g=[],t=(x,z)=>x.
filter(b=>b.anchor).forEach(b=>{const M=e.el("span",{class:"zn-name zn-name-"+z},e.place(b));g.push({html:M,kind:z,row:b,at:L.latLng(b.anchor[1],b.anchor[0]),weight:b.
area_m2||0})}),s=x=>{const z=L.divIcon({html:x.html,className:"zn-name-at",iconSize:[0,0]});x.marker=L.marker(x.at,{icon:z,pane:d,interactive:!1,keyboard:!1}).addTo(
o)};a.counties&&t(a.counties.rows,"county"),a.townships&&t(a.townships.rows,"township");const p=g.length>C;p||g.forEach(s);const w={county:0,township:1};g.sort(
(x,z)=>w[x.kind]-w[z.kind]||z.weight-x.weight);const y=()=>{const x=u.getZoom()>=10.5||!a.counties,z=[],b=p?u.getBounds().pad(.3):null,M=O=>{if(O.kind==="townsh\
ip"&&!x||b&&!b.contains(O.at))return!1;const E=u.latLngToLayerPoint(O.at),A=f(O.html.textContent)*(O.kind==="county"?9.5:6.5);return z.some(T=>Math.abs(E.x-T.x)<=
A+T.half&&Math.abs(E.y-T.y)<=17)?!1:z.push({x:E.x,y:E.y,half:A})};g.forEach(O=>{O.html.hidden=!M(O),p&&(!O.html.hidden&&!O.marker?s(O):O.html.hidden&&O.marker&&
(o.removeLayer(O.marker),O.marker=null))})},_=()=>{y(),document.getElementById("zn").classList.toggle("zn-far",u.getZoom()<v)};return u.on(p?"moveend":"zoomend",
_),e.on("lang",()=>{g.forEach(x=>e.put(x.html,e.place(x.row))),_()}),_(),o}e.featuresAt=function(u,a,d){const o=g=>{let t=!1;for(let s=0,p=g.length-1;s<g.length;p=
s++){const[w,y]=g[s],[_,x]=g[p];w>a!=_>a&&d<(x-y)*(a-w)/(_-w)+y&&(t=!t)}return t};return u.rows.filter(g=>g.shape.some(t=>t.reduce((s,p)=>s!==o(p),!1)))},e.boundsOf=
u=>L.latLngBounds(u.shape.flat(2))})(Zoning),(function(e){const S={color:"#3f7ea8",weight:.6,opacity:.8,fillColor:"#7fb2d6",fillOpacity:.72,interactive:!1},C=[{
weight:2.3,color:"#b0552f"},{weight:1.7,color:"#c98a2b"},{weight:1.1,color:"#7d7468"}],k={stroke:!1,fillColor:"#f6f5f0",fillOpacity:1,interactive:!1},v={color:"\
#8b8f8c",weight:1,dashArray:"6 4",interactive:!1};e.loadGeography=async function(m,n){!m||!m.relief||(n.relief={parts:m.relief.parts,columns:m.relief.columns,shade:await e.
numbers(m.relief)})},e.shade=function(m,n,c){const{parts:r,columns:l,shade:i}=m,f=n*r-.5,h=c*r-.5,u=Math.floor(f),a=Math.floor(h),d=i.length/l,o=(p,w)=>i[Math.min(
d-1,Math.max(0,w))*l+Math.min(l-1,Math.max(0,p))],g=f-u,t=h-a;return 1+((o(u,a)*(1-g)+o(u+1,a)*g)*(1-t)+(o(u,a+1)*(1-g)+o(u+1,a+1)*g)*t-8)*.032},e.drawGeography=
async function(m,n){const c={};if(!n)return c;const r=(f,h)=>(m.createPane(f).style.zIndex=h,f),l=L.svg({pane:r("zn-around",250),padding:.5});r("zn-around-names",
255);const i=L.svg({pane:r("zn-ground",410),padding:.5});if(n.neighbours){const{names:f,english:h,anchors:u}=n.neighbours,a=await e.shapes(n.neighbours.shapes),
d=f.map((t,s)=>{const p=e.el("span",{class:"zn-name zn-name-around"},""),w=()=>e.put(p,e.state.lang==="en"?h[s]:t);return w(),e.on("lang",w),u[s]&&L.marker([u[s][1],
u[s][0]],{pane:"zn-around-names",interactive:!1,keyboard:!1,icon:L.divIcon({html:p,className:"zn-name-at",iconSize:[0,0]})})}).filter(Boolean),o=(await e.shapes(
n.neighbours.lines)).flat(),g=t=>Object.assign({renderer:l,pane:"zn-around"},t);c.around=L.layerGroup([...a.map(t=>L.polygon(t,g(k))),...o.map(t=>L.polyline(t[0],
g(v))),...d])}if(n.water&&(c.water=L.layerGroup((await e.shapes(n.water)).map(f=>L.polygon(f,Object.assign({renderer:i,pane:"zn-ground",smoothFactor:.5},S))))),
n.roads){const f=(await e.shapes(n.roads.shapes)).map((u,a)=>({points:u.map(d=>d[0]),rank:n.roads.ranks[a]})).sort((u,a)=>a.rank-u.rank),h=u=>a=>L.polyline(a.points,
Object.assign({renderer:i,pane:"zn-ground",interactive:!1,smoothFactor:.8},u(a)));c.roads=L.layerGroup([...f.map(h(u=>({color:"#fff",weight:C[u.rank].weight+1.6,
opacity:.5}))),...f.map(h(u=>C[u.rank]))])}return n.relief&&(c.relief=L.layerGroup([])),c},e.geographyLegend=function(m){const n=r=>e.svg("svg",{class:"zn-swatc\
h-svg",width:22,height:14,"aria-hidden":"true"},e.svg("line",Object.assign({x1:0,x2:22,y1:7,y2:7},r))),c=[];return e.drawn.water&&m.has("water")&&c.push([e.el("\
i",{class:"zn-swatch",css:{background:S.fillColor}}),e.t("water")]),e.drawn.roads&&m.has("roads")&&c.push([n({stroke:C[0].color,"stroke-width":2.3}),e.t("roads")]),
c},e.geographyAbsent=()=>e.plan.geography?e.plan.geography.absent.map(m=>e.say(m)):[]})(Zoning),(function(e){e.standing=function(){const l=e.plan.plans[0];return e.
step||{c:l.accounts.construction||null,checks:l.accounts.checks,towns:null}},e.newIn=function(l,i){const f=e.standing()[i];return f?f.get(l.code)||0:l.new_m2};const C=(l,i,f,h,u)=>e.
el(u?"button":"div",Object.assign({class:"zn-cell zn-cell-"+l},u?{type:"button",onclick:u}:{}),e.el("span",{class:"zn-cell-title"},i),e.el("span",{class:"zn-cel\
l-value"},f),e.el("span",{class:"zn-cell-note"},h));function k(){const{checks:l}=e.standing();if(e.step)return v(e.step.facts);if(!l||!l.length)return null;const i=l.
filter(a=>!a.ok),f=a=>i.filter(d=>d.level===a).length,h=f("error")?"bad":f("warning")?"noted":"ok",u=e.t("verdict_"+h,{n:f(h==="bad"?"error":"warning")});return C(
"verdict zn-is-"+h,e.t("checks_title"),[e.el("i",{class:"zn-mark","aria-hidden":"true"},h==="bad"?"✗":h==="noted"?"!":"✓"),u],e.t("verdict_of",{n:l.length}),
()=>e.emit("accounts",!0))}function v(l){const i=l.why||l.failed.length;return C("verdict zn-is-"+(i?"bad":"ok"),e.t("step_limits"),[e.el("i",{class:"zn-mark","\
aria-hidden":"true"},i?"✗":"✓"),l.why?e.t("step_cannot"):i?e.t("verdict_bad",{n:l.failed.length}):e.t("step_ok")],e.t("step_checks",{cap:e.percent(e.plan.ladder.
steps[e.plan.ladder.own].cap_share,1)}),()=>e.emit("accounts",!0))}function m(){const{c:l}=e.standing();if(!l||!e.known(l.existing_m2))return null;const i=d=>e.
percent(d/l.base_m2,2),f=l.existing_m2+(l.new_m2||0),h=e.known(l.new_m2)?e.t("now_then",{now:i(l.existing_m2),then:i(f)}):i(l.existing_m2);if(!e.known(l.cap_m2))
return C("cap",e.t("cap_used"),h,e.t("no_cap"),()=>e.emit("accounts",!0));const u=l.cap_m2-f,a=e.t(u<0?"cap_over":"cap_under",{cap:e.percent(l.cap_share,1),left:e.
km2(Math.abs(u),2)});return C("cap",e.t("cap_used"),[h,n(l,f)],a,()=>e.emit("accounts",!0))}function n(l,i){const f=Math.max(l.cap_m2,i)||1,h=(u,a)=>e.el("i",{class:"\
zn-gauge-"+a,css:{width:100*u/f+"%"}});return e.el("span",{class:"zn-gauge","aria-hidden":"true"},h(l.existing_m2,"old"),h(l.new_m2||0,"new"))}function c(){const{
c:l}=e.standing();if(!l||!e.known(l.new_m2))return null;const h=(e.layers.townships?e.layers.townships.rows:[]).map(u=>({r:u,m2:e.newIn(u,"towns")})).filter(u=>u.
m2>0).sort((u,a)=>a.m2-u.m2).slice(0,3).map(u=>e.place(u.r)+" "+e.km2(u.m2)).join(e.t("and"));return C("new",e.t("new_land"),e.km2(l.new_m2,2),h?e.t("new_most",
{names:h}):l.new_m2?"":e.t("new_none"),e.showTable?()=>e.showTable("new_m2"):null)}function r(){const l=e.plan.plans[0].accounts,i=e.known(l.kept_m2),f=i?l.kept_m2:
l.redlines&&l.redlines.union_m2;if(!e.known(f))return null;const h=e.percent(f/l.area_m2),u=l.redlines&&l.redlines.areas;return C("kept",e.t(i?"kept":"redlines"),
e.km2(f),u?e.t("kept_of",{share:h,n:u}):e.t("kept_share",{share:h}))}e.drawHeadline=function(){const l=e.find(".zn-headline"),i=e.sides.length>1?[]:[k(),m(),c(),
r()].filter(f=>f);l.hidden=!i.length,l.setAttribute("aria-label",e.t("headline")),e.put(l,i)}})(Zoning),(function(e){e.step=null;let S=null,C=-1,k=null,v=null;async function m(f,h,u){
const a=e.reader(await e.inflate(f)),d=[];for(let o=0;o<u;o++){let g=0;d.push(Array.from({length:a()},()=>{g+=a();const t=a();return[g,t%2?-(t+1)/2:t/2]}))}return{
found:d,values:new Float64Array(h)}}e.loadLadder=async function(f,h,u){if(!f)return;const a=f.steps.length;k=[await m(f.units,h.count,a)],f.townships&&k.push(await m(
f.townships,u.length,a)),S=k.map(d=>d.values),v=h.columns.new_m2};function n(f){for(;C!==f;){const h=f>C;k.forEach(({found:u,values:a})=>u[h?C+1:C].forEach(([d,
o])=>{a[d]+=h?o:-o})),C+=h?1:-1}}function c(f,h){const u=new Map(f.map((d,o)=>[d.code,h[o]])),a=new Map;return f.forEach((d,o)=>a.set(d.county,(a.get(d.county)||
0)+h[o])),{towns:u,counties:a}}function r(f,h){const u=new Map;for(let a=0;a<f.count;a++){const d=f.value(a,"zone");u.set(d,(u.get(d)||0)+h[a])}return u}e.showStep=
function(f){const{ladder:h,plans:u}=e.plan,{grid:a}=e.sides[0];if(f===null)e.step=null,v&&(a.columns.new_m2=v);else{n(f);const d=h.steps[f],o=u[0].accounts.construction;
a.columns.new_m2={name:"new_m2",kind:"area",step:1,missing:-1,values:S[0]},e.step=Object.assign({k:f,facts:d,checks:u[0].accounts.checks,zones:r(a,S[0]),c:Object.
assign({},o,{cap_share:d.cap_share,cap_m2:d.cap_m2,headroom_m2:d.headroom_m2,new_m2:d.new_m2})},S[1]?c(e.layers.townships.rows,S[1]):{})}e.emit("step")};const l=f=>f.
why?e.t("step_none")+e.t("colon")+e.say(f.why):[e.t("grade_"+(f.grade==="complete"?"complete":f.grade==="bounded"?"bounded":"word"),{gap:e.known(f.gap)?e.percent(
Math.max(0,f.gap),3):"–"}),...f.failed.map(h=>e.say(h))].join(e.t("semicolon"));function i(){const f=e.find(".zn-ladder"),{ladder:h}=e.plan;if(!h||e.sides.length>
1)return;const u=e.step?e.step.k:h.own,a=h.steps[u],d=h.steps.length-1,o=e.known(a.headroom_m2)&&e.known(a.new_m2)?a.headroom_m2-a.new_m2:null,g=(p,w)=>e.el("sp\
an",{class:"zn-step"},e.el("span",{class:"zn-soft"},p),e.el("strong",{class:"zn-num"},w)),t=e.el("input",{type:"range",min:0,max:d,step:1,value:u,"aria-label":e.
t("slider"),"aria-valuetext":e.percent(a.cap_share,2),oninput:p=>e.showStep(Number(p.target.value))}),s=f.contains(document.activeElement)&&document.activeElement.
type==="range";e.put(f,e.el("div",{class:"zn-step-range"},e.el("span",{class:"zn-soft"},e.t("slider")),e.el("strong",{class:"zn-num zn-step-cap"},e.percent(a.cap_share,
2)),t,e.el("button",{type:"button",class:"zn-button",disabled:!e.step,onclick:()=>e.showStep(null)},e.t("slider_back",{cap:e.percent(h.steps[h.own].cap_share,1)}))),
e.el("div",{class:"zn-step-facts",role:"status"},g(e.t("new_land"),e.km2(a.new_m2,2)),g(e.t("headroom"),e.km2(o,2)),g(e.t("step_price"),e.known(a.price)?e.number(
a.price,3):"–"),e.el("span",{class:"zn-soft zn-step-proof",title:e.say(a.proof)},l(a)))),f.setAttribute("aria-label",e.t("slider")),f.hidden=!1,s&&t.focus()}e.
on("step",()=>{const f=e.step&&!e.stepped;e.stepped=!!e.step,f&&e.state.theme==="zones"&&e.plan.themes.some(h=>h.code==="new_land")&&(e.state.theme="new_land",e.
emit("theme"),e.drawSide()),i()}),e.drawLadder=i})(Zoning),(function(e){const S=[["built_m2","#6b6f75"],["farmland_m2","#c9a94a"],["water_m2","#5b95bd"],["redli\
ne_m2","#a3122a"],["built_redline_m2","#a12f68"],["core_m2","#1c6043"],["basic_farmland_m2","#b8860b"],["heritage_m2","#8c510a"],["water_source_m2","#2171b5"],[
"lock_m2","#8b7a66"],["free_m2","#93c6a1"],["new_m2","#3c66a8"]],C=["constraint","guidance","intensity"],k=t=>e.el("span",{class:"zn-pill"},e.el("i",{class:"zn-\
swatch",css:{background:t.colour}}),t.label),v=t=>e.el("dl",{class:"zn-pairs"},t.filter(s=>s).map(([s,p])=>[e.el("dt",null,s),e.el("dd",null,p)])),m=t=>e.state.
lang==="zh"?"“"+t+"”":t;e.why=function(t,s){const{grid:p,plan:w}=t,y=p.texts&&p.texts["why_"+e.state.lang];if(y&&y[s])return y[s];const _=p.value(s,"zone_re\
ason"),x=n(p,s),z=p.value(s,"area_m2"),b=(w.overlays||[]).find(A=>A.code===p.value(s,"zone")),O=_==="overlay"&&b&&p.columns[b.column]?p.value(s,b.column)/z:p.value(
s,"township_share"),E="why_"+(_||"unknown");return e.words[E]?e.t(E,{share:e.percent(O),town:m(x?e.place(x):e.t("missing")),zone:e.zone(p.value(s,"zone"),w).label,
town_zone:e.zone(x?x.zone:null,w).label,counted:b?b["counted_"+e.state.lang]:"",limit:b?e.t("why_limit",{limit:e.percent(b.share,0)}):""}):e.value("zone_reason",
_)};function n(t,s){const p=t.value(s,"township");if(p===null)return null;const{towns:w}=e.sides.find(y=>y.grid===t);return w&&w.get(p)||{code:p}}e.townshipName=
function(t,s){const p=n(t,s);return p?e.place(p):null};function c(t,s){const p=t.value(s,"county"),w=e.layers.counties&&e.layers.counties.byCode.get(p);return e.
place(w)||p}function r(t,s){const p=t.value(s,"area_m2"),w=S.filter(([y])=>t.columns[y]&&(t.value(s,y)||["built_m2","redline_m2","new_m2"].includes(y)));return!w.
length||!p?null:[e.el("h3",null,e.t("land")),e.el("table",{class:"zn-land"},e.el("tbody",null,w.map(([y,_])=>{const x=t.value(s,y);return e.el("tr",null,e.el("t\
h",{scope:"row"},e.name(y)),e.el("td",null,e.smallBar(x/p,_)),e.el("td",{class:"zn-num"},e.ha(x)),e.el("td",{class:"zn-num zn-soft"},x===null?"":e.percent(x/p)))})))]}
function l(t,s,p){const w=e.layers.redlines;if(!w)return null;const y=t.redlines?t.redlines(s):[...new Set(e.featuresAt(w,p[0],p[1]).map(_=>_.area_code))].map(_=>({
code:_}));return y.length?[e.el("h3",null,e.t("reds_here")),e.el("ul",{class:"zn-reds"},y.map(_=>{const x=w.rows.filter(O=>O.area_code===_.code),z=x[0]||{name:_.
code},b=e.say(w.types[z.type])||z.type,M=[...new Set(x.map(O=>O.level))].sort().map(O=>e.value("level",O)).join(" / ");return e.el("li",null,x.length?e.el("butt\
on",{type:"button",class:"zn-link",onclick:()=>e.openPlace("redlines",_.code)},e.place(z)):e.el("strong",null,_.code),e.el("span",{class:"zn-soft"},[b,M].filter(
Boolean).join(" · ")),_.area_m2===void 0?null:e.el("span",{class:"zn-num"},e.ha(_.area_m2)))}))]:null}e.townshipWhy=function(t,s){const p=C.filter(y=>e.known(t[y+
"_grade"])).map(y=>[e.name(y),e.value(y+"_grade",t[y+"_grade"])+(e.known(t[y])?e.t("in_brackets",{what:Math.abs(t[y])<=1?e.percent(t[y]):e.number(t[y],1)}):"")]),
w=t["why_"+e.state.lang];return[e.known(t.zone)?e.el("p",null,k(e.zone(t.zone,s))):null,w?e.el("p",null,w):null,h("township",t.code,s),e.el("details",{open:!w},
e.el("summary",null,e.t("values")),v([...p,e.known(t.suitability_grade)&&[e.name("suitability_grade"),e.value("suitability_grade",t.suitability_grade)],e.known(
t.built_share)&&[e.name("built_share"),e.percent(t.built_share)],e.known(t.redline_share)&&[e.name("redline_share"),e.percent(t.redline_share)],!w&&e.known(t.rule)&&
[e.t("decided_by"),t.rule],e.known(t.runner_up)&&[e.name("runner_up"),e.zone(t.runner_up,s).label],e.known(t.margin)&&[e.name("margin"),e.percent(t.margin)],e.known(
t.stability)&&[e.name("stability"),e.percent(t.stability)]]))]};function i(t,s,p){const w=n(t,s);return!w||!e.layers.townships?null:[e.el("h3",null,e.t("of_town\
ship")," ",e.place(w)),e.townshipWhy(w,p)]}function f(t,s,p){const w=t.value(s,"area_m2"),y=(p.overlays||[]).find(b=>b.replaces&&t.columns[b.column]&&t.value(s,
b.column)!==null),_=n(t,s),x=[];if(y&&w){const b=t.value(s,y.column)-y.share*w,M=e.zone(y.code,p).label,O=t.value(s,"zone")===y.code;(O?b>=0:b<0)&&x.push(e.t(O?
"next_out":"next_in",{area:e.ha(Math.abs(b)),counted:y["counted_"+e.state.lang],zone:M}))}const z=_&&(_["flip_"+e.state.lang]||_.flip);return z&&t.value(s,"zone\
_reason")!=="overlay"&&x.push(z),x.length?[e.el("h3",null,e.t("next")),x.map(b=>e.el("p",null,b))]:null}const h=(t,s,p)=>a(p.decisions.find(w=>w.level===t&&w.code===
s),p);function u(t,s,p){return h("unit",t.code(s),p)||h("township",t.value(s,"township"),p)}function a(t,s){return!t||t.state==="no-place"?null:[e.el("h3",null,
e.t("decision")),v([[e.t("reason"),t.reason],[e.t("who"),t.who],[e.t("when"),t.date],e.known(t.method_zone)&&[e.t("method_says"),e.zone(t.method_zone,s).label]]),
t.state==="stale"||t.state==="moot"?e.el("p",{class:"zn-soft"},e.t(t.state)):null]}function d(t){const s=e.givenAt(t[0],t[1]);return s.length?[e.el("h3",null,e.
t("also_here")),e.el("ul",{class:"zn-list"},s.map(p=>e.el("li",null,e.el("button",{type:"button",class:"zn-link",onclick:()=>e.openPlace("given",p)},e.givenName(
p)),e.el("span",{class:"zn-soft"},e.say(p.layer.label)))))]:null}function o(t,s,p){const w=t.columns.overlays&&t.value(s,"overlays")||"";return(p.overlays||[]).
filter(y=>w.split("+").includes(y.code)).map(y=>({label:y["name_"+e.state.lang],colour:y.colour}))}function g(t,s,p){const{grid:w,plan:y}=t,_=w.find(s[0],s[1]);
if(_<0)return null;const x=e.zone(w.value(_,"zone"),y),z=["stability","suitability"].filter(b=>w.columns[b]&&w.value(_,b)!==null);return e.el("div",{class:"zn-c\
ard-side"},p?e.el("p",{class:"zn-soft"},e.said(e.t(t.where),y.name)):null,w.columns.zone?e.el("p",{class:"zn-zone",css:{borderColor:x.colour}},k(x),o(w,_,y).map(
b=>[" + ",k(b)])):null,w.columns.zone?[e.el("h3",null,e.t("why")),e.el("p",{class:"zn-why"},e.why(t,_))]:null,u(w,_,y),r(w,_),v(z.map(b=>[e.name(b),b==="stabili\
ty"?e.percent(w.value(_,b)):e.number(w.value(_,b),2)])),e.givenCards(y,w,_),p?null:l(w,_,s),p?null:d(s),p?null:f(w,_,y),p?null:i(w,_,y),w.coarse?e.el("p",{class:"\
zn-soft"},e.t("rounded",{step:e.percent(.004)})):null)}e.showCard=function(t){const s=e.find(".zn-card"),{grid:p}=e.sides[0],w=t?p.find(t[0],t[1]):-1;if(w<0)return e.
closePlace(),s.hidden=!0,!1;e.closePlace();const y=n(p,w),_=e.layers.counties&&e.layers.counties.byCode.get(p.value(w,"county")),x=e.layers.townships&&y&&e.layers.
townships.byCode.get(y.code),z=[_?null:c(p,w),x?null:e.townshipName(p,w)].filter(Boolean).join(" · "),[b,M]=p.centre(w);return e.put(s,e.el("header",null,e.el(
"div",null,e.el("p",{class:"zn-soft"},e.t("unit")),e.el("h2",{class:"zn-code"},p.code(w)),e.crumbs(_,x),e.el("p",{class:"zn-soft"},z,z?e.el("br"):null,M.toFixed(
5)+"°E, "+b.toFixed(5)+"°N · "+e.ha(p.value(w,"area_m2")))),e.el("button",{type:"button",class:"zn-close","aria-label":e.t("close"),onclick:()=>e.emit("pick",
null)},"×")),e.el("div",{class:"zn-card-body"},e.sides.map(O=>g(O,t,e.sides.length>1)))),s.setAttribute("aria-label",e.t("unit")+" "+p.code(w)),s.hidden=!1,!0}})(
Zoning),(function(e){let C=null;const k=t=>e.el("dl",{class:"zn-pairs"},t.filter(s=>s).map(([s,p])=>[e.el("dt",null,s),e.el("dd",null,p)])),v=(t,...s)=>s.flat(1/0).
some(Boolean)?[e.el("h3",null,t),s]:null,m=t=>e.layers[t]?e.layers[t].rows:[],n=(t,s)=>e.el("button",{type:"button",class:"zn-link",onclick:s},t);e.crumbs=function(t,s){
const p=[n(e.t("whole_city"),()=>e.openPlace("city"))];return t&&p.push(n(e.place(t),()=>e.openPlace("counties",t.code))),s&&p.push(n(e.place(s),()=>e.openPlace(
"townships",s.code))),e.el("nav",{class:"zn-crumbs","aria-label":e.t("belongs")},p.map((w,y)=>[y?e.el("span",{"aria-hidden":"true"}," › "):null,w]))},e.accountOf=
function(t,s){const p=_=>e.known(_)&&t.area_m2?e.percent(_/t.area_m2):null,w=(_,x)=>e.known(x)&&[_,[e.km2(x,2)," ",e.el("span",{class:"zn-soft"},p(x))]],y=e.known(
t.built_m2)?t.built_m2+(s||0):null;return v(e.t("account"),k([[e.name("area_m2"),e.km2(t.area_m2,2)],w(e.name("built_m2"),t.built_m2),w(e.t("new"),s),s&&w(e.t("\
after"),y),w(e.name("free_m2"),t.free_m2),w(e.name("farmland_m2"),t.farmland_m2),w(e.name("redline_m2"),t.redline_m2)]))};function c(t){if(!t.length)return null;
const p=e.plan.plans[0].zones.map(y=>[y,t.filter(_=>_.zone===y.code)]).filter(([,y])=>y.length),w=t.map(y=>[y,e.newIn(y,"towns")]).filter(([,y])=>y>0).sort((y,_)=>_[1]-
y[1]).slice(0,5);return[p.length?v(e.t("classed"),e.el("ul",{class:"zn-list"},p.map(([y,_])=>e.el("li",null,e.el("i",{class:"zn-swatch",css:{background:y.colour}}),
e.zone(y.code).label,e.el("span",{class:"zn-num zn-soft"},e.t("townships_n",{n:_.length})))))):null,w.length?v(e.t("where_new"),e.el("ul",{class:"zn-list"},w.map(
([y,_])=>e.el("li",null,n(e.place(y),()=>e.openPlace("townships",y.code)),e.el("span",{class:"zn-num"},e.km2(_,2)))))):null]}const r=t=>t["flip_"+e.state.lang]||
t.flip;function l(t){const s=t.filter(p=>e.known(p.margin)).sort((p,w)=>p.margin-w.margin)[0];return s?e.el("p",null,n(e.place(s),()=>e.openPlace("townships",s.
code)),e.t("colon"),r(s)||e.t("margin_of",{margin:e.percent(s.margin)})):null}function i(){const{checks:t}=e.standing(),s=w=>(w.limit-w.measured)/Math.abs(w.limit),
p=(t||[]).filter(w=>w.ok&&w.unit==="m2"&&/^(cap[.]city|new[.])/.test(w.check)&&w.limit>0&&w.measured>0&&e.known(w.measured)).sort((w,y)=>s(w)-s(y))[0];return p?
e.el("p",null,e.say({zh:p.zh,en:p.en})):null}function f(){const{c:t,checks:s}=e.standing(),p=e.plan.plans[0],w={area_m2:p.accounts.area_m2,built_m2:t&&t.existing_m2,
redline_m2:p.accounts.redlines&&p.accounts.redlines.union_m2},y=(s||[]).filter(x=>!x.ok&&x.level!=="note"),_=m("townships");return{kind:e.t("whole_city"),title:p.
name,crumbs:null,body:[s&&s.length?v(e.t("allowed"),y.length?e.el("ul",{class:"zn-checks"},y.map(x=>e.el("li",null,e.say({zh:x.zh,en:x.en})))):e.el("p",null,e.t(
"verdict_ok"))):null,e.accountOf(w,t&&t.new_m2),c(_),v(e.t("next"),i(),l(_))]}}function h(t){const s=m("townships").filter(p=>p.county===t.code);return{kind:e.t(
"county"),title:e.place(t),crumbs:e.crumbs(null,null),rows:[t],body:[s.length?v(e.t("why_so"),e.el("p",null,e.t("why_county"))):null,e.accountOf(t,e.newIn(t,"co\
unties")),c(s),v(e.t("next"),l(s)),e.givenOn(e.plan.plans[0],"county",t.code)]}}function u(t){const s=e.layers.counties&&e.layers.counties.byCode.get(t.county);
return{kind:e.t("township"),title:e.place(t),crumbs:e.crumbs(s,null),rows:[t],body:[e.townshipWhy(t,e.plan.plans[0]),e.accountOf(t,e.newIn(t,"towns")),v(e.t("ne\
xt"),r(t)?e.el("p",null,r(t)):null),e.givenOn(e.plan.plans[0],"township",t.code)]}}const a=t=>["units_touched","units_changed","kept_m2"].map(s=>e.known(t[s])&&
[e.name(s),s==="kept_m2"?e.ha(t[s]):e.number(t[s])]).filter(Boolean);function d(t){const s=m("redlines").filter(y=>y.area_code===t).sort((y,_)=>y.level-_.level),
p=s[0],w=y=>s.reduce((_,x)=>_===null||!e.known(x[y])?null:_+x[y],0);return{kind:e.t("redline")+" "+t,title:e.place(p),crumbs:e.crumbs(null,null),rows:s,body:[v(
e.t("why_protected"),k([e.known(p.type)&&[e.name("type"),e.say(e.layers.redlines.types[p.type])||p.type],e.known(p.status)&&[e.name("name_status"),e.value("stat\
us",p.status)],e.known(p.boundary_status)&&[e.name("boundary_status"),e.value("boundary_status",p.boundary_status)],e.known(p.source)&&[e.t("source"),[e.say(e.layers.
redlines.sources[p.source])||p.source,p.source_year].filter(e.known).join(e.state.lang==="zh"?"，":", ")]])),v(e.t("account"),k([...s.map(y=>[e.value("level",y.
level),e.ha(y.area_m2)]),[e.t("computed"),e.ha(w("area_m2"))],e.known(w("published_m2"))&&[e.t("published"),e.ha(w("published_m2"))]])),a(p).length?v(e.t("next"),
k(a(p))):null]}}const o=t=>({kind:e.say(t.layer.label),title:e.givenName(t),crumbs:e.crumbs(null,null),rows:[t.row],body:[e.givenAbout(t),e.givenRows(t).some(Boolean)?
v(e.t("on_record"),k(e.givenRows(t))):null]});function g({kind:t,code:s}){if(t==="city")return f();if(t==="redlines")return d(s);if(t==="given")return o(s);const p=e.
layers[t].byCode.get(s);return t==="counties"?h(p):u(p)}e.redrawPlace=function(){if(!C)return;const t=e.find(".zn-card"),s=g(C);e.put(t,e.el("header",null,e.el(
"div",null,e.el("p",{class:"zn-soft"},s.kind),e.el("h2",null,s.title),s.crumbs),e.el("button",{type:"button",class:"zn-close","aria-label":e.t("close"),onclick:()=>e.
emit("pick",null)},"×")),e.el("div",{class:"zn-card-body"},s.body)),t.setAttribute("aria-label",s.title),t.hidden=!1},e.openPlace=function(t,s){e.emit("pick",null),
C={kind:t,code:s},e.redrawPlace(),e.emit("place",g(C).rows||null)},e.closePlace=()=>{C=null}})(Zoning),(function(e){const C=(m,n,...c)=>e.svg("svg",{viewBox:`0 \
0 320 ${m}`,class:"zn-chart",role:"img","aria-label":n},c),k=(m,n,c,r,l,i)=>e.svg("rect",Object.assign({x:m,y:n,width:Math.max(0,c),height:r,fill:l},i)),v=(m,n,c,r,l)=>e.
svg("text",{x:m,y:n,"text-anchor":c,class:"zn-chart-"+r},l);e.capBar=function(m){const n=Math.max(m.cap_m2,m.existing_m2+(m.new_m2||0))*1.12,c=i=>i/n*320,r=m.existing_m2+
(m.new_m2||0),l=c(m.cap_m2);return C(62,e.said(e.t("cap_title"),e.percent(r/m.base_m2,2)),k(0,22,320,22,"#eceae3",{rx:2}),k(0,22,c(m.existing_m2),22,"#6b6f75",{
rx:2}),k(c(m.existing_m2),22,c(m.new_m2||0),22,"#3c66a8"),e.svg("line",{x1:l,x2:l,y1:16,y2:50,stroke:"#7a1040","stroke-width":2}),v(l,11,l>260?"end":"middle","s\
trong",e.t("cap_line",{share:e.percent(m.cap_share,0)})),v(0,59,"start","note",e.t("existing")+" "+e.percent(m.existing_m2/m.base_m2,2)),v(320,59,"end","note",e.
km2(m.cap_m2)))},e.zoneBar=function(m){const n=m.reduce((l,i)=>l+i.area_m2,0)||1;let c=0;const r=m.map(l=>{const i=l.area_m2/n*320,f=k(c,0,i,22,l.colour,{stroke:"\
#fff","stroke-width":1});return c+=i,f});return C(22,e.t("share_of_city"),r)},e.shareRows=function(m,n){const c=Math.max(.05,...m.map(i=>Math.max(i.built+(i.fresh||
0),i.cap||0)))*1.08,r=i=>i/c*320,l=34;return C(m.length*l,n,m.map((i,f)=>{const h=f*l,u=i.cap?r(i.cap):null;return[v(0,h+11,"start","label",i.name),v(320,h+11,"\
end","note",e.percent(i.built+(i.fresh||0))+(i.cap?" / "+e.t("cap")+" "+e.percent(i.cap):"")),k(0,h+16,320,10,"#eceae3"),k(0,h+16,r(i.built),10,i.colour||"#6b6f\
75"),k(r(i.built),h+16,r(i.fresh||0),10,"#3c66a8"),u===null?null:e.svg("line",{x1:u,x2:u,y1:h+13,y2:h+29,stroke:"#7a1040","stroke-width":2})]}))},e.smallBar=(m,n)=>e.
svg("svg",{viewBox:"0 0 100 6",class:"zn-small-bar","aria-hidden":"true",preserveAspectRatio:"none"},k(0,0,100,6,"#eceae3"),k(0,0,Math.min(1,m||0)*100,6,n))})(Zoning),
(function(e){const S=(l,i)=>[e.el("dt",null,l),e.el("dd",{class:"zn-num"},i)];function C(l){const i=l.construction;if(!i||!e.known(i.existing_m2))return null;const f=e.
known(i.cap_m2),h=f?i.cap_m2-i.existing_m2-(i.new_m2||0):0;return e.el("section",null,e.el("h3",null,e.t("cap_title")),e.el("p",{class:"zn-big"},e.percent((i.existing_m2+
(i.new_m2||0))/i.base_m2,2)),f?e.capBar(i):e.el("p",{class:"zn-soft"},e.t("no_cap")),e.el("dl",{class:"zn-pairs"},S([e.el("i",{class:"zn-swatch",css:{background:"\
#6b6f75"}}),e.t("existing")],e.km2(i.existing_m2,2)),e.known(i.new_m2)?S([e.el("i",{class:"zn-swatch",css:{background:"#3c66a8"}}),e.t("new")],e.km2(i.new_m2,2)):
null,f?S(e.t(h<0?"over":"headroom"),e.km2(Math.abs(h),2)):null,S(e.t("base"),e.km2(i.base_m2,2)),e.known(i.eco_agri_share)?S(e.t("eco_agri"),e.percent(i.eco_agri_share,
2)):null))}function k(l){const i=l.unzoned?[{name_zh:e.words.unzoned[0],name_en:e.words.unzoned[1],colour:"#d9d9d4",...l.unzoned}]:[],f=[...l.zones,...i].filter(
d=>e.known(d.area_m2));if(!f.length)return null;const h=d=>e.state.lang==="zh"?d.name_zh:d.name_en,u=l.area_m2||1,a=f.filter(d=>e.known(d.built_m2)&&d.area_m2>0);
return e.el("section",null,e.el("h3",null,e.t("zones_title")),e.zoneBar(f),e.el("table",{class:"zn-table"},e.el("tbody",null,f.map(d=>e.el("tr",null,e.el("th",{
scope:"row"},e.el("i",{class:"zn-swatch",css:{background:d.colour}}),h(d)),e.el("td",{class:"zn-num"},e.km2(d.area_m2)),e.el("td",{class:"zn-num"},e.percent(d.area_m2/
u)),e.el("td",{class:"zn-num zn-soft"},e.t("units_n",{n:e.number(d.units)})))))),i.length&&l.unzoned.why?e.el("p",{class:"zn-soft"},e.said(e.t("unzoned"),e.say(
l.unzoned.why))):null,a.length?[e.el("h4",null,e.t("built_in_zone")),e.shareRows(a.map(d=>({name:h(d),built:d.built_m2/d.area_m2,fresh:(d.new_m2||0)/d.area_m2,cap:e.
known(d.cap_m2)&&!e.step?d.cap_m2/d.area_m2:null})),e.t("built_in_zone"))]:null)}function v(l){const i=(l.counties||[]).filter(f=>e.known(f.built_m2)&&f.area_m2>
0);return i.length?e.el("section",null,e.el("h3",null,e.t("counties_title")),e.shareRows(i.map(f=>({name:e.place(e.layers.counties&&e.layers.counties.byCode.get(
f.code)||f),built:f.built_m2/f.area_m2,fresh:(f.new_m2||0)/f.area_m2})),e.t("counties_title"))):null}function m(l){const i=l.redlines;return!i||!i.areas?null:e.
el("section",null,e.el("h3",null,e.t("reds_title")),e.el("dl",{class:"zn-pairs"},S(e.t("reds_areas",{n:i.areas}),""),S(e.t("reds_union"),e.km2(i.union_m2,2)),e.
known(i.level1_m2)?S(e.t("reds_level1"),e.km2(i.level1_m2,2)):null))}const n=(l,i)=>e.known(l)?i.unit==="m2"?e.km2(l,3):i.unit==="1"?e.percent(l,2):[e.number(l),
i.sign&&i.sign[e.state.lang]].filter(Boolean).join(" "):"–";function c(l){if(!l.checks.length)return null;const i=l.checks.filter(o=>!o.ok&&o.level!=="note"),
f=l.checks.filter(o=>!o.ok&&o.level==="note"),h=o=>o.ok?"ok":o.level==="note"?"noted":"bad",u=o=>o.ok?"✓":{error:"✗",warning:"!",note:"i"}[o.level],a=o=>e.el(
"li",{class:"zn-"+h(o)},e.el("span",{class:"zn-mark"},u(o)),e.el("div",null,e.el("strong",null,e.say({zh:o.zh,en:o.en})||o.check),e.el("span",{class:"zn-soft"},
[e.say(o.place),e.known(o.measured)?e.t("measured")+" "+n(o.measured,o):null,e.known(o.limit)?e.t("limit")+" "+n(o.limit,o):null].filter(Boolean).join(" · ")))),
d=l.checks.filter(o=>o.ok);return e.el("section",null,e.el("h3",null,e.t("checks_title")),i.length?[e.el("p",null,e.t("checks_bad",{n:i.length})),e.el("ul",{class:"\
zn-checks"},i.map(a))]:null,f.length?[e.el("p",null,e.t("checks_noted",{n:f.length})),e.el("ul",{class:"zn-checks"},f.map(a))]:null,d.length?e.el("details",{open:d.
length<=8},e.el("summary",null,e.t("checks_ok",{n:d.length})),e.el("ul",{class:"zn-checks"},d.map(a))):null)}function r(l){const i=l.plan.accounts,f=e.step;return!f||
l!==e.sides[0]?i:Object.assign({},i,{construction:f.c,zones:i.zones.map(h=>Object.assign({},h,{new_m2:f.zones.get(h.code)||0})),counties:(i.counties||[]).map(h=>Object.
assign({},h,{new_m2:f.counties?f.counties.get(h.code)||0:null}))})}e.drawAccounts=function(){const l=e.find(".zn-accounts"),i=()=>e.emit("accounts",!1);e.put(l,
e.el("header",null,e.el("h2",null,e.t("accounts")),e.el("button",{type:"button",class:"zn-close","aria-label":e.t("close"),onclick:i},"×")),e.el("div",{class:"\
zn-accounts-body"},e.sides.length>1?e.drawDifferences():null,e.sides.map(f=>e.el("div",{class:"zn-accounts-side"},e.sides.length>1?e.el("p",{class:"zn-soft"},e.
said(e.t(f.where),f.plan.name)):null,[C,k,v,m,c].map(h=>h(r(f))))))),l.setAttribute("aria-label",e.t("accounts"))}})(Zoning),(function(e){const S=a=>d=>e.known(
d[a])&&d.area_m2?d[a]/d.area_m2:null,C=a=>e.km2(a,2),k=a=>e.newIn(a,"towns"),v=[{key:"name",head:()=>e.t("township"),value:a=>e.place(a),text:!0},{key:"county",
head:()=>e.t("county"),value:a=>e.place(e.layers.counties&&e.layers.counties.byCode.get(a.county))||a.county_name||a.county,text:!0},{key:"zone",value:a=>a.zone,
show:a=>[e.el("i",{class:"zn-swatch",css:{background:e.zone(a).colour}}),e.zone(a).label],order:a=>e.plan.plans[0].zones.findIndex(d=>d.code===a),text:!0},{key:"\
area_m2",show:C},{key:"built_m2",show:C},{key:"built_share",value:a=>e.known(a.built_share)?a.built_share:S("built_m2")(a),show:e.percent},{key:"new_m2",value:k,
show:C},{key:"after",head:()=>e.t("share_after"),value:a=>e.known(a.built_m2)&&a.area_m2?(a.built_m2+(k(a)||0))/a.area_m2:null,show:e.percent},{key:"free_m2",show:C},
{key:"redline_share",value:S("redline_m2"),show:e.percent},{key:"margin",show:e.percent},{key:"status",value:a=>a.status,show:a=>e.value("status",a),text:!0}],m={
by:"new_m2",down:!0,query:""},n=(a,d)=>a.value?a.value(d):d[a.key],c=a=>a.head?a.head():e.name(a.key),r=()=>v.filter(a=>e.layers.townships.rows.some(d=>e.known(
n(a,d))&&n(a,d)!==""));e.townshipRows=function(){const a=v.find(s=>s.key===m.by)||v[0],d=s=>{const p=n(a,s);return a.order?a.order(p):p},o=e.hiddenZones(),g=e.layers.
townships.rows.filter(s=>!o.has(s.zone)&&(!m.query||e.fits(s,m.query))),t=(s,p)=>{const[w,y]=[d(s),d(p)];if(!e.known(w)||!e.known(y))return e.known(w)?-1:e.known(
y)?1:0;const _=typeof w=="string"?w.localeCompare(y,e.state.lang==="zh"?"zh-CN":"en"):w-y;return m.down?-_:_};return g.sort((s,p)=>t(s,p)||(s.code<p.code?-1:1))};
function l(a){const d=(v.find(o=>o.key===a)||{}).text;m.down=m.by===a?!m.down:!d,m.by=a,f(),e.find('.zn-grid button[data-key="'+a+'"]').focus()}function i(){const a=r(),
d=e.townshipRows();return e.el("table",{class:"zn-grid"},e.el("thead",null,e.el("tr",null,a.map(o=>e.el("th",{scope:"col",class:o.text?null:"zn-num","aria-sort":m.
by===o.key?m.down?"descending":"ascending":"none"},e.el("button",{type:"button","data-key":o.key,onclick:()=>l(o.key)},c(o)))))),e.el("tbody",null,d.map(o=>e.el(
"tr",{"data-code":o.code},a.map(g=>{const t=n(g,o),s=g.show?e.known(t)?g.show(t):"–":t;return g.key!=="name"?e.el("td",{class:g.text?null:"zn-num"},s):e.el("t\
d",null,e.el("button",{type:"button",class:"zn-link",onclick:()=>e.emit("found",{kind:"township",rows:[o]})},s))})))))}e.townshipCsv=function(){const a=r();return[
[e.t("code"),...a.map(c)],...e.townshipRows().map(d=>[d.code,...a.map(o=>{const g=n(o,d);return o.key==="zone"?e.zone(g).label:o.key==="status"?e.value("status",
g):g})])]};function f(){const a=e.find(".zn-table-count");a&&(a.textContent=e.t("townships_n",{n:e.townshipRows().length}),e.put(e.find(".zn-table-scroll"),i()))}
function h(){const a=e.find(".zn-table-panel"),d=e.el("input",{type:"search","aria-label":e.t("find_in_table"),placeholder:e.t("find_in_table"),value:m.query,oninput:o=>{
m.query=o.target.value.trim(),f()}});e.put(a,e.el("header",null,e.el("h2",null,e.t("townships_table")),e.el("span",{class:"zn-soft zn-table-count",role:"status"}),
d,e.el("button",{type:"button",class:"zn-button",onclick:()=>e.saveCsv(e.t("townships_table"),e.townshipCsv())},"CSV"),e.el("button",{type:"button",class:"zn-cl\
ose","aria-label":e.t("close"),onclick:()=>e.emit("table",!1)},"×")),e.el("div",{class:"zn-table-scroll",tabindex:0,role:"group","aria-label":e.t("townships_ta\
ble")})),a.setAttribute("aria-label",e.t("townships_table")),f()}e.showTable=function(a){e.layers.townships&&(a&&Object.assign(m,{by:a,down:!0}),e.emit("table",
!0))},e.on("table",a=>{const d=e.find(".zn-table-panel");d.hidden=a===void 0?!d.hidden:!a,!d.hidden&&(h(),d.focus())});const u=()=>{e.layers.townships&&!e.find(
".zn-table-panel").hidden&&h()};["lang","filter","step"].forEach(a=>e.on(a,u))})(Zoning),(function(e){function C(n,c){const r=URL.createObjectURL(c),l=e.el("a",
{href:r,download:n});document.body.appendChild(l),l.click(),l.remove(),setTimeout(()=>URL.revokeObjectURL(r),4e3)}e.csv=n=>"\uFEFF"+n.map(c=>c.map(r=>{if(r==null)
return"";const l=typeof r=="number"?String(r):/^[=+@\t\r-]/.test(r)?"'"+r:String(r);return/[",\n\r]/.test(l)?'"'+l.replace(/"/g,'""')+'"':l}).join(",")).join(`\r\

`)+`\r
`;const k=(n,c)=>[e.plan.plans[0].name,n].join("-").replace(/[\\/:*?"<>|\s]+/g,"_").slice(0,80)+c;e.saveCsv=(n,c)=>C(k(n,".csv"),new Blob([e.csv(c)],{type:"text\
/csv;charset=utf-8"})),e.unitRows=function(){const{grid:n}=e.sides[0],c=Object.values(n.columns),r=e.state.hidden,l=[["unit","lon","lat",...c.map(i=>i.name)].map(
i=>e.name(i))];return e.inView(n,i=>{if(r.size&&r.has(e.kindOf(e.sides[0],i)))return;const[f,h]=n.centre(i);l.push([n.code(i),Number(h.toFixed(6)),Number(f.toFixed(
6)),...c.map(u=>{const a=n.value(i,u.name);return u.name==="zone"?a===null?"":e.zone(a).label:typeof a=="number"?Number(a.toPrecision(9)):a})])}),l};const v=n=>new Promise(
(c,r)=>{const l=n.cloneNode(!0);l.setAttribute("xmlns","http://www.w3.org/2000/svg");const i=n.querySelectorAll("path");l.querySelectorAll("path").forEach((h,u)=>{
const a=getComputedStyle(i[u]);["fill","stroke-width","stroke-dasharray","stroke-opacity"].forEach(d=>h.setAttribute(d,a.getPropertyValue(d)))});const f=new Image;
f.onload=()=>c(f),f.onerror=()=>r(new Error("svg")),f.src="data:image/svg+xml;charset=utf-8,"+encodeURIComponent(new XMLSerializer().serializeToString(l))});e.picture=
async function(){const n=e.map.getContainer(),c=n.getBoundingClientRect(),r=2,l=64,i=250,f=document.createElement("canvas");f.width=(c.width+i)*r,f.height=(c.height+
l)*r;const h=f.getContext("2d"),u=getComputedStyle(document.documentElement),a=s=>u.getPropertyValue(s).trim(),d=(s,p)=>{h.font=(p||400)+" "+s+"px "+a("--font")},
o=(s,p,w,y,_,x)=>{d(y,_),h.fillStyle=x||a("--ink"),h.fillText(s,p,w)};h.scale(r,r),h.fillStyle="#fff",h.fillRect(0,0,c.width+i,c.height+l),o(e.find(".zn-title").
textContent,16,28,19,650),o([e.find(".zn-notice").textContent,...[...document.querySelectorAll("#zn .zn-cell-value")].map(s=>s.textContent)].filter(Boolean).join(
"   "),16,51,12.5,400,a("--soft")),h.save(),h.translate(0,l),h.beginPath(),h.rect(0,0,c.width,c.height),h.clip(),h.fillStyle=a("--sea"),h.fillRect(0,0,c.width,c.
height);const g=s=>{const p=s.getBoundingClientRect();return[p.left-c.left,p.top-c.top,p.width,p.height]};h.globalAlpha=e.state.opacity,n.querySelectorAll("canv\
as.leaflet-tile").forEach(s=>h.drawImage(s,...g(s))),h.globalAlpha=1;for(const s of n.querySelectorAll("svg.leaflet-zoom-animated"))h.drawImage(await v(s),...g(
s));h.textAlign="center",n.querySelectorAll(".zn-name").forEach(s=>{if(s.hidden)return;const[p,w,y,_]=g(s),x=getComputedStyle(s);d(parseFloat(x.fontSize),x.fontWeight),
Object.assign(h,{lineWidth:3,strokeStyle:"#fff",lineJoin:"round"}),h.strokeText(s.textContent,p+y/2,w+_*.72),h.fillStyle=a("--ink"),h.fillText(s.textContent,p+y/
2,w+_*.72)}),h.textAlign="left",h.restore(),m(h,o,c.width+14,l+12);const t=[...document.querySelectorAll("#zn .zn-corner span:not(.zn-printed)")].map(s=>s.textContent).
join("   ");return o(t,14,l+c.height-10,11.5),o("N ↑   "+e.find(".zn-ratio").textContent+"   "+e.find(".leaflet-control-scale-line").textContent,14,l+c.height-
28,11.5),f};function m(n,c,r,l){c(e.find(".zn-legend h2").textContent,r,l+12,14,650);let i=l+34;document.querySelectorAll("#zn .zn-legend li").forEach(f=>{const h=f.
querySelector(".zn-swatch");if(h)n.fillStyle=getComputedStyle(h).backgroundColor,n.fillRect(r,i-11,22,14),Object.assign(n,{strokeStyle:"#777",lineWidth:.7}),n.strokeRect(
r,i-11,22,14);else{const u=f.querySelector("svg line, svg rect:last-child");Object.assign(n,{strokeStyle:u?u.getAttribute("stroke"):"#777",lineWidth:1.6}),n.strokeRect(
r+1,i-6,20,u&&u.tagName==="rect"?8:.01)}c([...f.querySelectorAll("span")].map(u=>u.textContent).filter(Boolean).join("  ")||f.textContent,r+31,i,12.5),i+=24})}e.
savePicture=async function(){(await e.picture()).toBlob(c=>C(k(e.find(".zn-legend h2").textContent,".png"),c),"image/png")}})(Zoning),(function(e){const C=u=>[...u.
trim().toLowerCase()].map(a=>(e.plan.traditional||{})[a]||a).join(""),k=u=>u.replace(/[\s'’-]+/g,"");function v(u){if(u.forms)return u.forms;const a=(u.reading||
"").split(" ").filter(Boolean);return u.forms=[u.name,u.code,u.area_code,u.name_en&&k(u.name_en),a.join(""),a.map(d=>d[0]).join("")].filter(Boolean).map(d=>String(
d).toLowerCase()),u.forms}function m(u,a){const d=k(a),o=v(u).flatMap(g=>[g.indexOf(a),g.indexOf(d)]).filter(g=>g>=0);return o.length?Math.min(1,Math.min(...o)):
null}e.fits=(u,a)=>m(u,C(a))!==null;function n(u,a,d){if(Math.abs(u.length-a.length)>d)return d+1;let o=Array.from({length:a.length+1},(g,t)=>t);for(let g=1;g<=
u.length;g++){const t=[g];for(let s=1;s<=a.length;s++)t[s]=Math.min(o[s]+1,t[s-1]+1,o[s-1]+(u[g-1]===a[s-1]?0:1));o=t}return o[a.length]}function c(u,a,d){const o=v(
u).flatMap(t=>t.length>a.length?[t,t.slice(0,a.length)]:[t]),g=Math.min(...o.map(t=>n(t,a,d)));return g<=d?g:null}function r(u){const a=k(u),d=a.length>5?2:1;if(a.
length<2)return[];const o=s=>c(s,a,d),g=i(o);for(const s of l)for(const p of e.layers[s]?e.layers[s].rows:[]){const w=o(p);w!==null&&g.push(Object.assign(f(s,p),
{how:w}))}return g.sort((s,p)=>s.how-p.how).filter((s,p)=>g.findIndex(w=>w.name===s.name)===p).slice(0,4).map(s=>Object.assign(s,{near:!0}))}const l=["townships",
"counties","redlines"];function i(u){const a=[];for(const d of e.plan.given_layers.filter(o=>o.columns.length))d.drawn.forEach(o=>{const g=["name","code"].map(w=>d.
columns.findIndex(y=>y.name===w)).filter(w=>w>=0&&o.values[w]),[t,s]=g.map(w=>e.cellText(o.values[w])),p=t?u(Object.assign(o,{name:t,code:s})):null;p!==null&&a.
push({kind:"given",name:e.givenName({layer:d,row:o}),note:s===t?"":s||"",layer:d,rows:[o],how:p})});return a}function f(u,a){const d=a.area_code||a.code,o=e.layers[u].
rows.filter(t=>(t.area_code||t.code)===d),g=e.layers.counties&&e.layers.counties.byCode.get(a.county);return{kind:u==="redlines"?"redline":u==="townships"?"town\
ship":"county",name:e.place(a),note:e.place(g)||a.county_name||e.say((e.layers[u].types||{})[a.type])||d,rows:o}}function h(u){const a=C(u);if(!a)return[];const d=[];
for(const s of l){const p=new Set;for(const w of e.layers[s]?e.layers[s].rows:[]){const y=w.area_code||w.code,_=m(w,a);p.has(y)||_===null||(p.add(y),d.push(Object.
assign(f(s,w),{how:_})))}}d.push(...i(s=>m(s,a)));const{grid:o}=e.sides[0];(o.named?o.named(a):[]).forEach(s=>d.push({kind:"unit",name:o.code(s),note:e.townshipName(
o,s)||"",unit:s}));for(let s=0;!o.named&&s<o.count&&d.length<36;s++){const p=o.code(s);p.toLowerCase().includes(a)&&d.push({kind:"unit",name:p,note:e.townshipName(
o,s)||"",unit:s})}const t=s=>s.name.toLowerCase()===a?-1:s.how===void 0?1:s.how;return(d.length?d.sort((s,p)=>t(s)-t(p)):r(a)).slice(0,12)}e.startSearch=function(){
const u=e.find(".zn-query"),a=e.find(".zn-hits");let d=[],o=-1;const g=()=>{a.hidden=!0,u.setAttribute("aria-expanded","false"),u.removeAttribute("aria-activede\
scendant")},t=_=>{const x=d[_];g(),x&&(u.value=x.name,e.emit("found",x))},s=()=>{[...a.children].forEach((_,x)=>_.setAttribute("aria-selected",String(x===o))),o>=
0&&u.setAttribute("aria-activedescendant","zn-hit-"+o)},p=()=>{d=h(u.value),o=d.length?0:-1,e.put(a,d.map((_,x)=>e.el("li",{id:"zn-hit-"+x,role:"option",onmousedown:z=>{
z.preventDefault(),t(x)}},e.el("span",{class:"zn-kind"},_.near?e.t("did_you_mean"):_.layer?e.say(_.layer.label):e.t(_.kind)),e.el("span",{class:"zn-hit-name"},_.
name),e.el("span",{class:"zn-soft"},_.note))),d.length||!u.value.trim()?null:e.el("li",{class:"zn-soft"},e.t("no_hits"))),a.hidden=!u.value.trim(),u.setAttribute(
"aria-expanded",String(!a.hidden)),s()};let w=0;u.addEventListener("input",()=>{clearTimeout(w),w=setTimeout(p,120)}),u.addEventListener("blur",g),u.addEventListener(
"keydown",_=>{if(_.key==="Escape")return g();if(_.key==="Enter")return clearTimeout(w),a.hidden&&p(),t(Math.max(0,o));if(!(_.key!=="ArrowDown"&&_.key!=="ArrowUp"))
return _.preventDefault(),d.length&&(o=(o+(_.key==="ArrowDown"?1:d.length-1))%d.length),s()});const y=()=>{u.placeholder=e.t("search"),u.setAttribute("aria-labe\
l",e.t("search"))};e.on("lang",y),y()}})(Zoning),(function(e){function S(m,n,c){return[[0,n,1],[0,n+1,-1],[1,c,1],[1,c+1,-1]].reduce((l,[i,f,h])=>{const u=[];return l.
forEach((a,d)=>{const o=l[(d+1)%l.length],[g,t]=[h*(a[i]-f)>=0,h*(o[i]-f)>=0];if(g&&u.push(a),g!==t){const s=(f-a[i])/(o[i]-a[i]);u.push([a[0]+s*(o[0]-a[0]),a[1]+
s*(o[1]-a[1])])}}),u},m)}const C=m=>Math.abs(m.reduce((n,c,r)=>{const l=m[(r+1)%m.length];return n+(c[0]-m[0][0])*(l[1]-m[0][1])-(l[0]-m[0][0])*(c[1]-m[0][1])},
0))/2;e.under=function(m,n){const{grid:c}=m,r=n.map(g=>c.squares(g[0],g[1]));if(!r.flat().every(Number.isFinite))return null;const i=g=>[Math.min(...r.map(t=>t[g])),
Math.max(...r.map(t=>t[g]))].map(Math.floor),[[f,h],[u,a]]=[i(0),i(1)],d={drawn_m2:C(r)*c.cell*c.cell,area_m2:0,units:0,zones:new Map,towns:new Map,columns:{}},
o=Object.values(c.columns).filter(g=>g.kind==="area"&&g.name!=="area_m2").map(g=>g.name);for(let g=Math.max(0,u);g<=Math.min(a,c.size[1]-1);g++)for(let t=Math.max(
0,f);t<=Math.min(h,c.size[0]-1);t++){const s=c.at(t,g),p=s<0?0:C(S(r,t,g));if(p<=0)continue;const w=(_,x,z)=>_.set(x,(_.get(x)||0)+z),y=p*c.value(s,"area_m2");d.
units++,d.area_m2+=y,w(d.zones,c.value(s,"zone"),y),w(d.towns,c.value(s,"township"),y),o.forEach(_=>{d.columns[_]=(d.columns[_]||0)+p*(c.value(s,_)||0)})}return d};
function k(m){const n=(r,l,i)=>Math.sign((l[0]-r[0])*(i[1]-r[1])-(l[1]-r[1])*(i[0]-r[0])),c=r=>[m[r],m[(r+1)%m.length]];for(let r=0;r<m.length;r++){const[l,i]=c(
r);for(let f=r+2;f<m.length-(r?0:1);f++){const[h,u]=c(f);if(n(l,i,h)*n(l,i,u)<0&&n(h,u,l)*n(h,u,i)<0)return!0}}return!1}e.readPolygon=function(m){const n=c=>c.length>=
3&&c.every(r=>r.length>=2&&Math.abs(r[0])<=180&&Math.abs(r[1])<=90)?c.map(r=>[r[1],r[0]]):null;try{const c=JSON.parse(m),r=c.type==="FeatureCollection"?c.features[0].
geometry:c.geometry||c,l=r.type==="Polygon"?r.coordinates:r.coordinates.flat();return l.length===1?n(l[0]):null}catch{const r=/polygon[^(]*\(+([^()]+)\)/i.exec(
m);if(!r&&/[a-z]/i.test(m)||r&&/\)\s*,\s*\(/.test(m))return null;const l=((r?r[1]:m).match(/-?\d+(?:[.]\d+)?/g)||[]).map(Number),i=l.length%2?[]:Array.from({length:l.
length/2},(f,h)=>[l[2*h],l[2*h+1]]);return n(i)}};const v=["built_m2","new_m2","free_m2","farmland_m2","water_m2","redline_m2","protected_m2","basic_farmland_m2"];
e.polygonRows=function(m){const n=e.sides[0];if(k(m))return e.el("p",{class:"zn-soft"},e.t("polygon_crosses"));const c=e.under(n,m);if(!c||!c.units)return e.el(
"p",{class:"zn-soft"},e.t("polygon_outside"));const r=(i,f)=>e.el("tr",null,e.el("th",{scope:"row"},i),e.el("td",{class:"zn-num"},e.ha(f)),e.el("td",{class:"zn-\
num zn-soft"},e.percent(f/c.area_m2))),l=i=>[...i].sort((f,h)=>h[1]-f[1]);return[e.el("table",{class:"zn-land"},e.el("tbody",null,n.grid.columns.zone?l(c.zones).
map(([i,f])=>r(e.zone(i).label,f)):null,v.filter(i=>c.columns[i]).map(i=>r(e.name(i),c.columns[i])),l(c.towns).slice(0,4).map(([i,f])=>r(e.place(e.layers.townships&&
e.layers.townships.byCode.get(i)||{code:i||e.t("missing")}),f)))),e.el("p",{class:"zn-soft"},e.t("by_units",{n:e.number(c.units)}))]}})(Zoning),(function(e){e.startMeasure=
function(S){const C=e.find(".zn-measure"),k=e.sides[0].grid.forward;let v=[],m=null,n=!1;const c=()=>v.map(d=>k(d.lat,d.lng)),r=d=>d.slice(1).reduce((o,g,t)=>o+
Math.hypot(g[0]-d[t][0],g[1]-d[t][1]),0),l=d=>Math.abs(d.reduce((o,g,t)=>{const s=d[(t+1)%d.length];return o+(g[0]-d[0][0])*(s[1]-d[0][1])-(s[0]-d[0][0])*(g[1]-
d[0][1])},0))/2,i=d=>d>=1e3?e.number(d/1e3,2)+" km":e.number(d)+" m";function f(){const d=c();e.put(C,v.length<2?e.t("measure_help"):[e.el("strong",null,e.t("le\
ngth")+" "+i(r(d))),v.length>2?e.el("strong",null," · "+e.t("surface")+" "+e.km2(l(d),3)):null],v.length>2?e.el("div",{class:"zn-under"},e.polygonRows(v.map(o=>[
o.lat,o.lng]))):null,v.length?null:h(),e.el("button",{type:"button",onclick:()=>{v=[],u()}},e.t("clear")),e.el("button",{type:"button",onclick:()=>a(!1)},e.t("c\
lose")))}function h(){const d=()=>{const t=e.readPolygon(g.value),s=!t&&g.value.trim()!=="";if(g.setAttribute("aria-invalid",String(s)),e.put(o,s?e.t("one_ring"):
""),!t)return;v=t.map(y=>L.latLng(y[0],y[1]));const[p,w]=[v[0],v[v.length-1]];p.equals(w)&&v.pop(),u(),S.fitBounds(L.latLngBounds(v),{paddingTopLeft:[60,40+e.find(
".zn-measure").offsetHeight],paddingBottomRight:[60,150],maxZoom:13,animate:!1})},o=e.el("p",{class:"zn-soft",role:"status"}),g=e.el("textarea",{rows:2,"aria-la\
bel":e.t("paste"),placeholder:e.t("paste"),oninput:t=>{/^(insertText|insertLineBreak|insertComposition|delete)/.test(t.inputType||"")||d()}});return[g,o,e.el("b\
utton",{type:"button",onclick:d},e.t("read_polygon"))]}function u(){m&&m.remove();const d={color:"#1a3670",weight:2,fillColor:"#3c66a8",fillOpacity:.12,interactive:!1};
m=L.layerGroup([v.length>2?L.polygon(v,d):L.polyline(v,d),...v.map(o=>L.circleMarker(o,{radius:4,color:"#1a3670",weight:2,fillColor:"#fff",fillOpacity:1,interactive:!1}))]).
addTo(S),f()}function a(d){n=d,v=[],C.hidden=!n,S.getContainer().classList.toggle("zn-measuring",n),n?u():m&&(m.remove(),m=null),e.emit("measuring",n)}S.on("cli\
ck",d=>{n&&(v.push(d.latlng),u())}),document.addEventListener("keydown",d=>{n&&d.key==="Escape"&&a(!1)}),e.on("lang",()=>{n&&f()}),e.measure={toggle:()=>a(!n),active:()=>n}}})(
Zoning),(function(e){e.startSwipe=function(k,v,m){const n=e.find(".zn-swipe"),c=e.el("input",{type:"range",min:0,max:1,step:.01,value:e.state.swipe}),r=e.el("di\
v",{class:"zn-swipe-bar"}),l=e.sides.map(h=>e.el("span",{class:"zn-swipe-name zn-swipe-"+h.where},h.plan.name));function i(){const h=k.getSize(),u=h.x*e.state.swipe,
a=k.containerPointToLayerPoint([0,0]),d=k.containerPointToLayerPoint(h),o=k.containerPointToLayerPoint([u,0]).x,g=(t,s)=>`polygon(${t}px ${a.y}px, ${s}px ${a.y}\
px, ${s}px ${d.y}px, ${t}px ${d.y}px)`;v.getContainer().style.clipPath=g(a.x,o),m.getContainer().style.clipPath=g(o,d.x),r.style.left=u+"px"}c.addEventListener(
"input",()=>{e.state.swipe=Number(c.value),i(),e.emit("view")}),e.put(n,r,l,c),n.hidden=!1;const f=()=>c.setAttribute("aria-label",e.t("swipe"));e.on("lang",f),
f(),k.on("move zoomend resize viewreset",i),L.DomEvent.disableClickPropagation(c),i()},e.differences=function(){const[k,v]=e.sides;if(e.changedZones()===void 0)
return null;const m=k.plan.zones,n=(i,f)=>i.zones.findIndex(h=>h.code===f),c=new Uint8Array(k.grid.count),r=new Map;for(let i=0;i<k.grid.count;i++){const[f,h]=[
k.grid.value(i,"zone"),v.grid.value(i,"zone")];if(f===h)continue;const u=n(k.plan,f)+">"+n(v.plan,h);r.has(u)||r.set(u,{from:f,to:h,n:0,m2:0,k:r.size+1});const a=r.
get(u);a.n++,a.m2+=k.grid.value(i,"area_m2")||0,c[i]=a.k}const l=[{colour:"#eceae4",label:()=>e.t("same_zone")},...[...r.values()].map(i=>({colour:i.to===null?"\
#beb9b4":(v.plan.zones.find(f=>f.code===i.to)||m[0]).colour,label:()=>e.zone(i.from,k.plan).label+" → "+e.zone(i.to,v.plan).label}))];return{classes:c,entries:l,
pairs:[...r.values()],anyMissing:!1}},e.changedTownships=function(){const[k,v]=e.sides,m=new Map;for(let n=0;n<k.grid.count;n++){const c=k.grid.value(n,"townshi\
p"),r=k.grid.value(n,"zone")!==v.grid.value(n,"zone"),l=(v.grid.value(n,"new_m2")||0)-(k.grid.value(n,"new_m2")||0);if(c===null||!r&&!l)continue;const i=m.get(c)||
{code:c,n:0,m2:0,fresh:0};r&&(i.n++,i.m2+=k.grid.value(n,"area_m2")||0),i.fresh+=l,m.set(c,i)}return[...m.values()].sort((n,c)=>c.m2-n.m2||Math.abs(c.fresh)-Math.
abs(n.fresh))},e.otherTownships=function(){const[k,v]=e.sides,m=new Map;if(!k.towns||!v.towns)return m;const n=(r,l)=>m.set(r.code,{code:r.code,row:r,what:l,beside:new Map});
for(const[r,l]of k.towns){const i=v.towns.get(r);i?i.name!==l.name&&(n(l,"renamed"),m.get(r).beside.set(r,i)):n(l,"gone")}for(const[r,l]of v.towns)k.towns.has(r)||
n(l,"new");const c=(r,l,i)=>{for(let f=0;f<r.grid.count;f++){const h=m.get(r.grid.value(f,"township"));if(!h||h.what!==i)continue;const u=l.grid.find(...r.grid.
centre(f)),a=u<0?null:l.grid.value(u,"township");a!==null&&h.beside.set(a,l.towns.get(a)||{code:a})}};return c(k,v,"gone"),c(v,k,"new"),m};function S(k){const v=[
...k.beside.values()].map(e.place).join(e.t("comma"));return k.what==="renamed"?e.t("town_renamed",{towns:v}):v?e.t(k.what==="gone"?"town_gone_into":"town_new_f\
rom",{towns:v}):e.t("town_"+k.what)}function C(){const k=e.otherTownships(),v=new Map(e.changed===void 0?[]:e.changedTownships().map(r=>[r.code,r])),m=[...k.keys(),
...[...v.keys()].filter(r=>!k.has(r))],n=e.layers.townships;if(!m.length||!n)return null;const c=r=>{const l=n.byCode.get(r);return l?e.el("button",{type:"butto\
n",class:"zn-link",onclick:()=>e.emit("found",{kind:"township",rows:[l]})},e.place(l)):e.place((k.get(r)||{row:{code:r}}).row)};return[e.el("h3",null,e.t("chang\
ed_towns",{n:m.length})),e.el("ul",{class:"zn-list zn-towns"},m.map(r=>{const l=v.get(r)||{n:0,fresh:0};return e.el("li",null,c(r),e.el("span",{class:"zn-num zn\
-soft"},[k.has(r)?S(k.get(r)):null,l.n?e.t("units_n",{n:l.n}):null,l.fresh?(l.fresh>0?"+":"−")+e.km2(Math.abs(l.fresh),2):null].filter(Boolean).join(" · ")))}))]}
e.drawDifferences=function(){if(e.changed===void 0)return[e.drawRedrawn(),C()];const[k,v]=e.sides.map(l=>l.plan.accounts.construction||{}),m=(l,i,f,h)=>e.known(
i)&&e.known(f)&&i!==f&&e.el("tr",null,e.el("th",{scope:"row"},l),e.el("td",{class:"zn-num"},h(i)),e.el("td",{class:"zn-num"},h(f)),e.el("td",{class:"zn-num"},(f>
i?"+":"−")+h(Math.abs(f-i)))),n=e.sides[0].plan.accounts.zones.map(l=>[l,e.sides[1].plan.accounts.zones.find(i=>i.code===l.code)]).filter(([,l])=>l),c=l=>e.km2(
l,2),r=[m(e.t("cap"),k.cap_share,v.cap_share,l=>e.percent(l,2)),m(e.t("new"),k.new_m2,v.new_m2,c),m(e.t("existing"),k.existing_m2,v.existing_m2,c),...n.map(([l,
i])=>m(e.zone(l.code).label,l.area_m2,i.area_m2,c))].filter(Boolean);return[e.el("p",null,e.t("changed",{n:e.number(e.changed)})),r.length?e.el("table",{class:"\
zn-table zn-deltas"},e.el("thead",null,e.el("tr",null,[e.t("account"),e.t("left"),e.t("right"),"Δ"].map((l,i)=>e.el("th",{scope:"col",class:i?"zn-num":null},l)))),
e.el("tbody",null,r)):null,e.drawRedrawn(),C()]},e.drawRedrawn=function(){const k=e.plan.given_layers.find(r=>r.code==="diff_township_areas");if(!k)return null;
const v=r=>k.columns.findIndex(l=>l.name===r),m=(r,l)=>{const i=r.values[v(l)];return i==null?"–":typeof i=="object"?e.say(i):i},n=r=>["_before","_after"].filter(
l=>e.known(r.values[v("code"+l)])),c=(r,l)=>[...new Set(n(r).map(i=>m(r,l+i)))].join(" → ");return[e.el("h3",null,e.say(k.label)+" ("+e.number(k.drawn.length)+
")"),e.el("table",{class:"zn-table"},e.el("tbody",null,k.drawn.map(r=>e.el("tr",null,e.el("th",{scope:"row"},c(r,"name")),e.el("td",null,m(r,"relation")),e.el("\
td",null,c(r,"zone"))))))]},e.changedZones=function(){const[k,v]=e.sides.map(n=>n.grid);if(!k.columns.zone||!v.columns.zone||k.count!==v.count)return;let m=0;for(let n=0;n<
k.count;n++){if(k.code(n)!==v.code(n))return;k.value(n,"zone")!==v.value(n,"zone")&&m++}return m}})(Zoning),(function(e){const S={accounts:"M4 20V10M10 20V4M16 \
20v-7M21 20H3",measure:"M3 17 17 3l4 4L7 21zM7 13l2 2M10 10l2 2M13 7l2 2",fullscreen:"M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",print:"M7 8V3h10v5M7 17H4V8h16v9h-\
3M7 14h10v7H7z",link:"M9 15l6-6M10 6l2-2a4 4 0 0 1 6 6l-2 2M14 18l-2 2a4 4 0 0 1-6-6l2-2",side:"M12 3 3 8l9 5 9-5zM3 12l9 5 9-5M3 16l9 5 9-5",dark:"M20 14.5A8.5\
 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z",home:"M4 11 12 4l8 7M6 10v10h12V10"},C=.0254/96,k=["redlines","townships","counties","labels","water","roads","relief",
"around","background"],v=o=>e.el("i",{class:"zn-swatch",css:{background:o}});function m(o){const g=e.plan.look.redline,{px:t,dash:s}=g.level[o],p=(w,y,_)=>e.svg(
"rect",Object.assign({x:2.5,y:2.5,width:17,height:9,stroke:w,"stroke-width":y},_));return e.svg("svg",{class:"zn-swatch-svg",width:22,height:14,"aria-hidden":"t\
rue"},p(g.casing,t+2.4,{fill:"none"}),p(g.line,t,{fill:n()?"none":"url(#zn-hatch-"+o+")","stroke-dasharray":s||"none"}))}const n=()=>(e.plan.themes.find(o=>o.code===
e.state.theme)||{}).calm,c=o=>e.svg("svg",{class:"zn-swatch-svg",width:22,height:14,"aria-hidden":"true"},e.svg("line",Object.assign({x1:0,x2:22,y1:7,y2:7},o))),
r=(o,g,t,s,p)=>e.el("li",{class:"zn-entry"},e.el("button",{type:"button",class:"zn-filter","aria-pressed":String(!e.state.hidden.has(o)),title:e.t("filter"),onclick:()=>l(
o)},g,e.el("span",null,t),e.el("span",{class:"zn-num zn-soft"},s)),e.el("span",{class:"zn-in-view","data-class":o,role:"img"},e.el("i",{class:"zn-bar",css:{width:0,
background:p}})));function l(o){const{hidden:g}=e.state;g.has(o)?g.delete(o):g.add(o),e.emit("filter");const t=e.find('.zn-in-view[data-class="'+o+'"]');t&&t.parentNode.
querySelector("button").focus()}e.hiddenZones=function(){const o=e.plan.plans[0].zones,g=t=>t===e.MISSING?null:(o[t]||{}).code;return new Set(e.state.theme==="z\
ones"?[...e.state.hidden].map(g):[])},e.inView=function(o,g){const t=e.map.getBounds(),p=[t.getNorthWest(),t.getNorthEast(),t.getSouthWest(),t.getSouthEast(),L.
latLng(t.getNorth(),t.getCenter().lng),L.latLng(t.getSouth(),t.getCenter().lng)].map(M=>o.squares(M.lat,M.lng)),w=p.some(M=>!Number.isFinite(M[0]+M[1])),y=(M,O)=>w?
[0,O-1]:[Math.max(0,Math.floor(Math.min(...p.map(E=>E[M])))),Math.min(O-1,Math.floor(Math.max(...p.map(E=>E[M]))))],[_,x]=y(0,o.size[0]),[z,b]=y(1,o.size[1]);for(let M=z;M<=
b;M++)for(let O=_;O<=x;O++){const E=o.at(O,M);E>=0&&g(E)}};function i(o){const g=e.map.getSize().divideBy(2),t=[0,1].map(s=>e.map.containerPointToLatLng(g.add([
s,0]))).map(s=>o.squares(s.lat,s.lng));return Math.hypot(t[1][0]-t[0][0],t[1][1]-t[0][1])}e.followView=function(){const{grid:o,classed:g}=e.sides[0],t=new Map,s=o.
columns.area_m2,p=o.level?o.level(i(o)):null;let w=0;e.inView(p||o,_=>{const x=p?p.area(_):s?s.values[_]*s.step:1,z=p?p.kind(_,g):g.classes[_];t.set(z,(t.get(z)||
0)+x),w+=x});const y=e.find(".zn-level");y&&(y.textContent=p&&p.factor>1?e.t("as_one",{n:p.factor}):""),document.querySelectorAll("#zn .zn-in-view").forEach(_=>{
const x=w?(t.get(Number(_.dataset.class))||0)/w:0;_.firstChild.style.width=100*x+"%",_.setAttribute("aria-label",e.t("in_view",{share:e.percent(x)})),_.title=e.
t("in_view",{share:e.percent(x)})})},e.legend=function(){const o=e.plan.themes.find(b=>b.code===e.state.theme),g=e.sides[0].classed,t=e.plan.plans[0],s=o&&o.code===
"zones",p=s&&e.sides.length===1?t.accounts.area_m2:null,w=b=>p&&e.known(b)?e.percent(b/p):null,y=t.accounts.unzoned,_=e.sides.some(b=>b.classed.anyMissing),x=g.
entries.map((b,M)=>r(M,v(b.colour),b.label(),s?w(t.zones[M].area_m2):null,b.colour));_&&x.push(r(e.MISSING,e.el("i",{class:"zn-swatch zn-swatch-missing"}),e.t(s?
"unzoned":"missing"),s&&y?w(y.area_m2):null,"#beb9b4"));const z=e.state.overlays;if(z.has("redlines")&&e.layers.redlines){const b=new Set(e.layers.redlines.rows.
map(M=>M.level===1?1:2));[1,2].filter(M=>b.has(M)).forEach(M=>x.push(e.el("li",null,m(M),e.t("redlines")+" · "+e.t("level"+M))))}return z.has("townships")&&e.layers.
townships&&x.push(e.el("li",null,c({stroke:"#43484d","stroke-width":1}),e.t("townships"))),z.has("counties")&&e.layers.counties&&x.push(e.el("li",null,c({stroke:"\
#2b2f33","stroke-width":1.5,"stroke-dasharray":"7 3 1.5 3"}),e.t("counties"))),e.givenLegend().forEach(b=>x.push(e.el("li",null,b.line?c({stroke:b.colour,"strok\
e-width":2.2}):v(b.colour),e.el("span",null,b.label)))),x.push(e.el("li",null,c({stroke:"#2b2f33","stroke-width":2.4}),e.t("outline"))),e.geographyLegend(z).forEach(
b=>x.push(e.el("li",null,b))),e.el("div",{class:"zn-legend"},e.el("h2",null,o?e.say(o.label):e.t("legend")),p?e.el("p",{class:"zn-soft"},e.t("share_base")):o&&(o.
whole||o.about)?e.el("p",{class:"zn-soft"},o.whole?e.t("of_unit_area"):e.say(o.about)):null,e.el("ul",null,x))},e.drawSide=function(){const o=e.state,g=e.plan.themes.
map(y=>e.el("label",{class:"zn-choice"},e.el("input",{type:"radio",name:"zn-theme",value:y.code,checked:y.code===o.theme,onchange:()=>{o.theme=y.code,e.emit("th\
eme")}}),e.el("span",null,e.say(y.label)))),t=e.plan.given_layers.map(y=>y.code),s=y=>t.includes(y)?e.say(e.plan.given_layers[t.indexOf(y)].label):e.t(y),p=[...k,
...t].filter(y=>e.drawn[y]).map(y=>e.el("label",{class:"zn-choice"},e.el("input",{type:"checkbox",value:y,checked:o.overlays.has(y),onchange:_=>{_.target.checked?
o.overlays.add(y):o.overlays.delete(y),e.emit("overlays")}}),e.el("span",null,s(y)))),w=e.el("input",{type:"range",min:.1,max:1,step:.05,value:o.opacity,"aria-l\
abel":e.t("opacity"),oninput:y=>{o.opacity=Number(y.target.value),e.emit("opacity")}});e.put(e.find(".zn-side"),e.el("button",{type:"button",class:"zn-close zn-\
side-close","aria-label":e.t("close"),onclick:()=>e.emit("side",!1)},"×"),g.length>1?e.el("fieldset",null,e.el("legend",null,e.t("theme")),g):null,e.el("div",{
class:"zn-legend-at"},e.legend()),e.sides[0].grid.level?e.el("p",{class:"zn-level zn-soft"}):null,e.el("p",{class:"zn-lines-note zn-soft"},e.linesNote()),e.el("\
p",{class:"zn-downloads"},e.layers.townships?e.el("button",{type:"button",class:"zn-button",onclick:()=>e.showTable()},e.t("townships_table")):null,e.el("button",
{type:"button",class:"zn-button",onclick:()=>e.saveCsv(e.t("unit"),e.unitRows())},e.t("save_units")),e.el("button",{type:"button",class:"zn-button",onclick:()=>e.
savePicture()},e.t("save_picture"))),e.el("label",{class:"zn-opacity"},e.el("span",null,e.t("opacity")),w),e.el("fieldset",null,e.el("legend",null,e.t("layers")),
p),e.geographyAbsent().length?e.el("details",{class:"zn-absent"},e.el("summary",null,e.t("absent")),e.el("ul",null,e.geographyAbsent().map(y=>e.el("li",{class:"\
zn-soft"},y)))):null)},e.refreshLegend=function(){e.put(e.find(".zn-legend-at"),e.legend()),e.followView()};function f(o,g,t){return e.el("button",Object.assign(
{type:"button",class:"zn-tool zn-tool-"+o,title:e.t(o),"aria-label":e.t(o),onclick:g},t),e.icon(S[o]),e.el("span",{class:"zn-tool-word"},e.t(o)))}function h(){document.
fullscreenElement?document.exitFullscreen():document.documentElement.requestFullscreen().catch(()=>{})}e.remember=function(){try{history.replaceState(null,"",e.
address())}catch{}};async function u(){e.remember();let o="link_bar";try{await navigator.clipboard.writeText(location.href),o="link_done"}catch{}e.flash(e.t(o))}
let a=0;e.flash=function(o){const g=e.find(".zn-wait");e.put(g,o),g.hidden=!1,clearTimeout(a),a=setTimeout(()=>{g.hidden=!0},2500)},e.setDark=function(o){e.state.
dark=o,document.documentElement.classList.toggle("zn-dark",o),e.drawTools(),e.emit("view")},e.drawTools=function(){const o=e.state.lang==="zh"?"en":"zh";e.put(e.
find(".zn-tools"),f("side",()=>e.emit("side")),f("accounts",()=>e.emit("accounts")),f("measure",()=>e.measure.toggle(),{"aria-pressed":String(e.measure.active())}),
document.fullscreenEnabled?f("fullscreen",h):null,f("dark",()=>e.setDark(!e.state.dark),{"aria-pressed":String(!!e.state.dark)}),f("print",()=>window.print()),f(
"link",u),e.el("button",{type:"button",class:"zn-tool zn-lang",lang:o==="zh"?"zh-CN":"en",onclick:()=>{e.state.lang=o,e.emit("lang")}},e.t("language")))},e.drawZoom=
function(o,g){const t=L.Control.extend({onAdd:()=>{const s=(y,_,x)=>e.el("button",{type:"button",title:e.t(y),"aria-label":e.t(y),onclick:()=>x()},_),p=e.el("di\
v",{class:"leaflet-bar zn-zoom"}),w=()=>e.put(p,s("zoom_in","+",()=>o.zoomIn()),s("zoom_out","−",()=>o.zoomOut()),s("home",e.icon(S.home),g));return e.on("lan\
g",w),w(),L.DomEvent.disableClickPropagation(p),p}});new t({position:"topleft"}).addTo(o),L.control.scale({imperial:!1,position:"bottomleft",maxWidth:140}).addTo(
o),d(o)};function d(o){const g=L.Control.extend({onAdd:()=>{const t=e.el("span",{class:"zn-ratio zn-num"}),s=e.svg("svg",{viewBox:"0 0 20 28",width:17,height:24,
role:"img","aria-label":e.t("north")},e.svg("path",{d:"M10 9 15 27 10 23.5 5 27z",fill:"currentColor"}),e.svg("text",{x:10,y:7.5,"text-anchor":"middle","font-si\
ze":9,"font-weight":700,fill:"currentColor"},"N")),p=()=>{const w=o.getSize().divideBy(2),y=o.distance(o.containerPointToLatLng(w.subtract([50,0])),o.containerPointToLatLng(
w.add([50,0])));e.put(t,"1 : "+e.number(Number((y/100/C).toPrecision(2))))};return o.on("zoomend moveend resize",p),p(),e.el("div",{class:"zn-north"},s,t)}});new g(
{position:"bottomleft"}).addTo(o)}e.address=function(){const{map:o}=e,g=o.getCenter(),t={z:[o.getZoom().toFixed(2),g.lat.toFixed(5),g.lng.toFixed(5)].join("/"),
t:e.state.theme,o:e.state.opacity,l:e.state.lang,v:[...e.state.overlays].join(",")};return e.state.picked&&(t.u=e.state.picked.map(s=>s.toFixed(5)).join("/")),e.
state.dark&&(t.d=1),e.sides.length>1&&(t.s=e.state.swipe),"#"+Object.entries(t).map(([s,p])=>s+"="+encodeURIComponent(p)).join("&")},e.readAddress=function(){const o=new URLSearchParams(
location.hash.slice(1)),g=e.plan.given_layers.map(p=>p.code),t=(p,w)=>{const y=(o.get(p)||"").split("/").map(Number);return y.length===w&&y.every(Number.isFinite)&&
o.get(p)?y:null},s=(p,w,y,_)=>{const x=o.has(p)?Number(o.get(p)):NaN;return x>=w&&x<=y?x:_};return{view:t("z",3),picked:t("u",2),lang:o.get("l"),theme:o.get("t"),
dark:o.get("d")==="1",opacity:s("o",.1,1,null),swipe:s("s",0,1,.5),overlays:o.has("v")?o.get("v").split(",").filter(p=>k.includes(p)||g.includes(p)):null}}})(Zoning),
(function(){window.$=window.$||(C=>[document.adoptNode(new DOMParser().parseFromString(C,"text/html").body.firstElementChild)]);const e=document.createElement("\
div");e.className="leaflet-default-icon-path",document.documentElement.appendChild(e);const S=(/url\("?(data:[^")]+)"?\)/.exec(getComputedStyle(e).backgroundImage)||
[])[1];e.remove(),S&&(delete L.Icon.Default.prototype._getIconUrl,L.Icon.Default.mergeOptions({iconUrl:S,iconRetinaUrl:S,shadowUrl:null}))})(),(function(e){const C=()=>window.
innerWidth<720,k=()=>window.innerWidth<1400,v=({land:z,redlines:b})=>[z?e.t("dated",{d:z}):e.t("undated"),b?e.t("dated_red",{d:b}):null].filter(Boolean).join(e.
t("semicolon"));function m(){const{plan:z,state:b}=e;document.documentElement.lang=b.lang==="zh"?"zh-CN":"en";const M=z.plans.map(O=>O.name).join(" | ");document.
title=M,e.put(e.find(".zn-title"),M),e.put(e.find(".zn-notice"),e.say(z.plans[0].notice)),e.put(e.find(".zn-corner"),e.el("span",{class:"zn-approval"},z.approval?
e.t("approval",{n:z.approval}):e.t("internal")),e.el("span",{class:"zn-dated"},v(z.dated)),z.digest?e.el("span",{class:"zn-digest",title:z.digest},"SHA-256 "+z.
digest.slice(0,16)):"",e.el("span",{class:"zn-printed"},e.t("date",{d:new Date().toISOString().slice(0,10)})))}e.drawCard=function(){e.state.picked?e.showCard(e.
state.picked):e.redrawPlace()};function n(){e.map.getContainer().setAttribute("aria-label",e.t("middle")),m(),e.drawTools(),e.drawHeadline(),document.getElementById(
"zn").style.setProperty("--top",e.find(".zn-stage").offsetTop+"px"),e.drawSide(),e.drawLadder(),e.drawAccounts(),e.drawCard()}function c(){const z=e.plan.themes.
find(b=>b.code===e.state.theme);e.sides.forEach(b=>{b.classed=z&&z.code==="differences"?e.differences():e.classify(b.grid,z,b.plan),b.layer.show(b.classed)}),e.
calm(!!(z&&z.calm)),e.find(".zn-legend-at")&&e.refreshLegend()}function r(){Object.entries(e.drawn).forEach(([z,b])=>{z==="city"||e.state.overlays.has(z)?b.addTo(
e.map):b.remove()}),e.refreshLegend()}function l(z,b){const M=e.find(".zn-tip"),O=e.sides.length>1&&b&&b.x>e.map.getSize().x*e.state.swipe?e.sides[1]:e.sides[0],
E=z?O.grid.find(z.lat,z.lng):-1,A=I=>I.code==="differences"?O.classed.entries[O.classed.classes[E]].label():e.themeValue(O.grid,I,E,O.plan);if(M.hidden=E<0,E<0)
return;const T=e.plan.themes.find(I=>I.code===e.state.theme);e.put(M,e.el("strong",null,T?A(T):e.ha(O.grid.value(E,"area_m2"))),T&&T.code==="zones"?e.el("span",
null,e.value("zone_reason",O.grid.value(E,"zone_reason"))):null,e.el("span",null,[e.townshipName(O.grid,E),O.grid.code(E)].filter(Boolean).join(" · ")));const N=e.
map.getSize();M.style.left=Math.min(b.x+14,N.x-M.offsetWidth-6)+"px",M.style.top=Math.min(b.y+16,N.y-M.offsetHeight-6)+"px"}let i=null,f=null;function h(z,b){i&&
i.remove(),i=null;const{grid:M}=e.sides[0],O=z?M.find(z[0],z[1]):-1;if(e.state.picked=O<0?null:M.centre(O),e.showCard(e.state.picked),O>=0&&k()&&g(!1),document.
getElementById("zn").classList.toggle("zn-with-card",O>=0),O<0)return;const E=e.find(".zn-card"),A=C()?[20,E.offsetHeight+20]:[E.offsetWidth+40,40];b||e.map.panInside(
e.state.picked,{paddingTopLeft:[60,40],paddingBottomRight:A}),i=L.polygon(M.outline(O),{pane:"zn-mark",color:"#111",weight:2.5,fill:!1,interactive:!1}).addTo(e.
map)}function u(z){if(z.unit!==void 0){const b=e.sides[0].grid.centre(z.unit);e.map.setView(b,Math.max(12.5,e.map.getZoom())),h(b);return}return z.layer&&!e.state.
overlays.has(z.layer.code)&&(e.state.overlays.add(z.layer.code),e.emit("overlays")),e.map.fitBounds(z.rows.reduce((b,M)=>b.extend(e.boundsOf(M)),L.latLngBounds(
[])),{padding:[40,40],maxZoom:13}),C()&&o(!1),z.layer?e.openPlace("given",{layer:z.layer,row:z.rows[0]}):e.openPlace(a[z.kind],z.kind==="redline"?z.rows[0].area_code:
z.rows[0].code)}const a={redline:"redlines",township:"townships",county:"counties"};function d(z){f&&f.remove(),f=null,k()&&g(!1),document.getElementById("zn").
classList.add("zn-with-card"),z&&(f=L.layerGroup(z.flatMap(b=>[{color:"#fff",weight:5.5},{color:"#111",weight:2.6}].map(M=>L.polygon(b.shape,Object.assign({pane:"\
zn-mark",fill:!1,interactive:!1},M))))).addTo(e.map))}function o(z){const b=document.getElementById("zn"),M=z===void 0?b.classList.contains("zn-no-side"):z;b.classList.
toggle("zn-no-side",!M),M&&C()&&g(!1),e.map.invalidateSize({animate:!1})}function g(z){const b=e.find(".zn-accounts");b.hidden=z===void 0?!b.hidden:!z,document.
getElementById("zn").classList.toggle("zn-with-accounts",!b.hidden),!b.hidden&&(k()&&!e.find(".zn-card").hidden&&e.emit("pick",null),b.focus())}function t(z){z.
on("mousemove",M=>l(M.latlng,M.containerPoint)),z.on("mouseout",()=>l(null)),z.on("click",M=>{l(null),e.measure.active()||h([M.latlng.lat,M.latlng.lng])}),z.on(
"moveend zoomend",()=>e.emit("view"));const b=z.getContainer();b.addEventListener("keydown",M=>{if(M.target!==b||M.key!=="Enter")return;const O=z.getCenter();h(
[O.lat,O.lng]),e.find(".zn-card").focus()}),document.addEventListener("keydown",M=>{M.key!=="Escape"||e.measure.active()||(e.find(".zn-accounts").hidden?e.find(
".zn-table-panel").hidden?(e.find(".zn-card").contains(document.activeElement)&&b.focus(),e.emit("pick",null)):e.emit("table",!1):g(!1))}),new ResizeObserver(()=>z.
invalidateSize({animate:!1})).observe(b),window.addEventListener("beforeprint",()=>p(!0)),window.addEventListener("afterprint",()=>p(!1))}let s=null;function p(z){
const{map:b}=e;z&&(s={centre:b.getCenter(),zoom:b.getZoom(),bounds:b.getBounds()}),document.getElementById("zn").classList.toggle("zn-printing",z),b.invalidateSize(
{animate:!1}),z?b.fitBounds(s.bounds.contains(e.whole)?e.whole:s.bounds,{animate:!1,paddingBottomRight:[8,40]}):s&&b.setView(s.centre,s.zoom,{animate:!1})}function w(){
e.on("filter",()=>{e.sides.forEach(b=>b.layer.redraw()),e.refreshLegend()}),e.on("theme",()=>{e.state.hidden.clear(),c(),e.emit("view")}),e.on("overlays",()=>{r(),
e.sides[0].grid.relief&&e.sides.forEach(b=>b.layer.redraw()),e.emit("view")}),e.on("opacity",()=>{e.sides.forEach(b=>b.layer.setOpacity(e.state.opacity)),e.emit(
"view")}),e.on("lang",()=>{n(),e.emit("view")}),e.on("pick",b=>{h(b),!b&&f&&(f.remove(),f=null),e.emit("view")}),e.on("place",d),e.on("found",u),e.on("side",o),
e.on("accounts",g),e.on("measuring",e.drawTools),e.on("step",()=>{const b=e.plan.themes.find(M=>M.code===e.state.theme);b&&b.part==="new_m2"&&c(),e.drawHeadline(),
e.drawAccounts(),e.drawCard()});let z=0;e.on("view",()=>{clearTimeout(z),z=setTimeout(()=>{e.remember(),e.followView()},250)})}function y(z){const b=z.getContainer();
e.find(".zn-stage").prepend(b),b.classList.add("zn-map"),b.setAttribute("role","application"),z.createPane("zn-mark").style.zIndex=450,["zn-left","zn-right"].forEach(
M=>{z.createPane(M).style.zIndex=300}),z.attributionControl&&z.attributionControl.setPrefix("Leaflet").setPosition("bottomright"),document.getElementById("zn").
classList.toggle("zn-no-side",C()),z.invalidateSize({animate:!1})}function _(z){return z?L.layerGroup(z.layers.map(b=>L.tileLayer(b,{subdomains:z.subdomains,maxNativeZoom:z.
maxNativeZoom,maxZoom:19,attribution:z.credit}))):null}async function x(z){if(e.plan=JSON.parse(document.getElementById("zoning-plan").textContent),e.plan.format!==
1)throw new Error("format "+e.plan.format);e.plan.words=await e.numbers(e.plan.words);const b=e.readAddress(),M=e.plan.themes.map(A=>A.code);e.state={lang:["zh",
"en"].includes(b.lang)?b.lang:e.plan.lang,theme:M.includes(b.theme)?b.theme:M[0],opacity:b.opacity||(e.plan.tiles?.7:1),overlays:new Set(b.overlays||[...e.plan.
plans.length>1?["diff_township_areas"]:[],"redlines","townships","counties","labels","water","roads","relief","around","background"]),swipe:b.swipe,picked:null,
hidden:new Set},b.dark&&(e.state.dark=!0,document.documentElement.classList.add("zn-dark")),m(),e.layers=await e.loadLayers(e.plan.layers);const O=e.layers.city.
rows.map(A=>A.shape),E=e.plan.plans.length>1?["left","right"]:["left"];e.sides=[];for(const[A,T]of E.entries()){const N=e.plan.plans[A],I=await e.loadGrid(N.units);
N.given=await e.loadGiven(N.given);const j=new e.GridLayer(I,O,{pane:"zn-"+T,opacity:e.state.opacity}),B=N.towns?new Map(N.towns.map(P=>[P.code,P])):A===0&&e.layers.
townships?e.layers.townships.byCode:null;e.sides.push({where:T,plan:N,grid:I,layer:j,towns:B,classed:null})}return await e.loadGeography(e.plan.geography,e.sides[0].
grid),await e.loadLadder(e.plan.ladder,e.sides[0].grid,e.layers.townships?e.layers.townships.rows:[]),b}e.start=async function(z){e.map=z,y(z);const b=e.find(".\
zn-wait");e.put(b,"…");try{const M=await x(z);e.put(b,e.t("loading"));const[O,E,A,T]=e.sides[0].grid.bounds,N=e.whole=L.latLngBounds([E,O],[T,A]),I=B=>z.fitBounds(
N,Object.assign({paddingTopLeft:[16,16],paddingBottomRight:[16,e.plan.ladder&&e.sides.length===1?124:40]},B));I({animate:!1}),z.setMinZoom(Math.max(2,Math.floor(
z.getZoom())-2)),z.setMaxZoom(17),M.view&&z.setView([M.view[1],M.view[2]],M.view[0],{animate:!1}),e.drawn=Object.assign(await e.drawGeography(z,e.plan.geography),
await e.drawLayers(z,e.layers));const j=_(e.plan.tiles);j&&(e.drawn.background=j),e.sides.forEach(B=>B.layer.addTo(z)),e.startMeasure(z),w(),t(z),e.sides.length>
1&&(e.changed=e.changedZones()),e.changed!==void 0&&e.plan.themes.push({code:"differences",label:e.words.differences&&{zh:e.words.differences[0],en:e.words.differences[1]}}),
c(),n(),r(),e.drawZoom(z,I),e.startSearch(),e.sides.length>1&&e.startSwipe(z,e.sides[0].layer,e.sides[1].layer),z.invalidateSize({pan:!1,animate:!1}),M.view?z.setView(
[M.view[1],M.view[2]],M.view[0],{animate:!1}):I({animate:!1}),M.picked&&h(M.picked),b.hidden=!0,await new Promise(B=>requestAnimationFrame(()=>setTimeout(B,0))),
document.documentElement.setAttribute("data-ready",String(Math.round(performance.now())))}catch(M){throw e.put(b,e.plan?e.t("failed",{why:M.message}):String(M)),
document.documentElement.setAttribute("data-failed",String(M&&M.stack)),M}}})(Zoning);
