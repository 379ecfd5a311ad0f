"""What turns a sentence round: negations, opposites, words that say how far it holds, and relations with a direction.

Tables written for the project, looked up in folded text (NFKC, lower case, Simplified). A Chinese entry is found anywhere, an
English one as a whole word with its common endings.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_NEGATION = re.compile(
    r"不(?![同仅但断过管论妨久错锈止料]|只是|得不)|没(?!错|关系)|无(?!论|疑|穷|数|非)|未(?!来|必|知|名|登录)|并非|非(?![常线法洲凡])(?=[\u3400-\u9fff])|勿|毋|(?<![级特区分个性类辨鉴判识差派告离各])别(?=[\u3400-\u9fff])(?!的|人|名|处|墅|于|是|称)|"
    r"禁止|禁用|避免|防止|拒绝|免去|省去|去掉|去除|缺乏|缺少|取消|停止|失去|否认|谁也|杜绝|绝不|"
    r"\b(?:not|no|never|none|nobody|nothing|neither|nor|cannot|without|avoid(?:s|ed|ing)?|prevent(?:s|ed|ing)?|lack(?:s|ed|ing)?|"
    r"fail(?:s|ed)?(?= to\b)|unable|refus(?:e|es|ed|ing)|den(?:y|ies|ied)|exclud(?:e|es|ed|ing)|eliminat(?:e|es|ed|ing)|remov(?:e|es|ed|ing)|"
    r"hardly|rarely|seldom|un(?:affected|changed|supported|necessary|available|related|able|likely|limited)|in(?:dependent|capable|sufficient|correct)|nonexistent)\b|n't\b|n’t\b"
)
_NOT_ONE = re.compile(
    r"没问题|没有问题|没关系|no problem|不仅|不但|不只|不光|not only|no later than|no more than|no less than|不少于|不超过|不低于|不高于|不大于|不小于|不得不|不断|不过|不论|不管|"
    r"无论|毫无疑问|no doubt|差不多|不错|不一定|不必然|要不|莫不|whether or not|无监督|非监督|非负|无向|无偏|无损|不变性|不均衡|不平衡|不稳定|不确定|不足|不满(?=[\d一二三四五六七八九十])|未满|不等|非结构化|非对称"
)
"""A negation in these belongs to the word, or denies no predicate."""
_TWICE = re.compile(r"不得不|不能不|不会不|无不|并非不|没有不|非[^,，。]{1,8}不可|not un|not without|cannot but|never fails?")


@dataclass(frozen=True, slots=True)
class Negation:
    """One negation and where what it denies begins."""

    phrase: str
    end: int


@lru_cache(maxsize=4096)
def negations(text: str) -> tuple[Negation, ...]:
    """The negations of ``text``; a double one is none."""
    text = _NOT_ONE.sub(_blank, _TWICE.sub(_blank, text))
    return tuple(
        Negation(match.group(), max(0, match.start() - 2) if text[match.start() : match.end() + 1] in _UNABLE else match.end())
        for match in _NEGATION.finditer(text)
    )


_UNABLE = frozenset({"不了", "不到", "不上", "不动", "不住", "不起", "不成", "不出"})
"""Behind a verb: it is the verb that is denied (履行不了)."""


def _blank(match: re.Match[str]) -> str:
    return " " * len(match.group())


_OPPOSITES = """
单线程/多线程 单进程/多进程 单节点/多节点 单核/多核 单机/多机 单机/分布式 单卡/多卡 单头/多头 单层/多层 单轮/多轮 单模态/多模态 主节点/从节点 主库/从库 主机/从机 只读/可写 加倍/减半 翻倍/减半 双倍/一半 有状态/无状态 有序/无序 白名单/黑名单 纵向/横向 行/列 分子/分母 升序/降序 严格/宽松 强制/自愿 明文/密文 长期/短期 定长/变长 悲观/乐观 阻塞/非阻塞 持久/临时
double/halve doubled/halved doubles/halves doubling/halving single-threaded/multi-threaded multithreaded/single-threaded primary/replica master/slave stateful/stateless ordered/unordered whitelist/blacklist lossy/lossless eager/lazy optimistic/pessimistic blocking/non-blocking tighten/loosen strict/lenient
增加/减少 增大/减小 增长/下降 增长/减少 提高/降低 提升/降低 上升/下降 上涨/下跌 升高/降低 涨/跌 升/降 加快/减慢 加速/减缓 加速/减速 加强/减弱 增强/减弱 增强/削弱 扩大/缩小 扩展/压缩 延长/缩短 提前/推迟 提前/延后
快/慢 大/小 多/少 高/低 长/短 强/弱 深/浅 宽/窄 早/晚 新/旧 优/劣 好/差 好/坏 贵/便宜 冷/热 轻/重 厚/薄 远/近 粗/细 硬/软 易/难 容易/困难 简单/复杂 稳定/不稳定 稀疏/稠密 稀疏/密集 紧/松
大于/小于 高于/低于 优于/劣于 多于/少于 快于/慢于 早于/晚于 先于/后于 超过/不足 至少/至多 最少/最多 最大/最小 最高/最低 最快/最慢 最好/最差 上限/下限 以上/以下 以内/以外 之前/之后 以前/以后 先/后 前/后 前面/后面 开头/结尾 开始/结束 首/末 上面/下面 上/下 左/右 内/外 内部/外部 里/外 正/负 正向/负向 正比/反比 正相关/负相关 正确/错误 真/假
编码器/解码器 编码/解码 训练/推理 训练/测试 训练集/验证集 训练集/测试集 串行/并行 单向/双向 单向/双方 绝对/相对 消失/爆炸 前向/反向 前向/后向 输入/输出 优点/缺点 优势/劣势 好处/坏处 利/弊 过拟合/欠拟合 静态/动态 同步/异步 离线/在线 本地/远程 局部/全局 线性/非线性 有监督/无监督 监督/无监督 离散/连续 固定/可变 随机/确定 随机/固定 冻结/更新 冻结/训练 可学习/固定 显式/隐式 直接/间接 主动/被动 自动/手动 手动/自动 公开/私有 开源/闭源 免费/收费 免费/付费 收入/支出 盈利/亏损 买/卖 买入/卖出 进口/出口 借/还 收/付 赚/亏 赢/输 胜/负 成功/失败 通过/否决 支持/反对 同意/反对 同意/拒绝 接受/拒绝 允许/禁止 启用/禁用 打开/关闭 开启/关闭 开/关 加/减 乘以/除以 相加/相减 相乘/相除 加上/减去 乘/除 求和/求差 放大/缩小 上采样/下采样 升维/降维 添加/删除 增加/删除 插入/删除 保留/丢弃 保留/删除 包含/排除 包括/不包括 合并/拆分 连接/断开 共享/独立 依赖/独立 依赖/无关 有关/无关 相同/不同 一致/不一致 相似/不同 统一/分散 集中/分散 全部/部分 所有/部分 整体/局部 多数/少数 多个/单个 首次/再次 主要/次要 必须/可选 必需/可选 必要/多余 重要/次要 有效/无效 有利/不利 有益/有害 安全/危险 积极/消极 乐观/悲观 出生/去世 生/死 男/女 父/子 父/母 东/西 南/北 白天/夜间 白天/晚上 上午/下午 早上/晚上 工作日/周末 进/出 进入/离开 流入/流出 来/去 到达/出发 补给/流出 吸收/释放 吸热/放热 氧化/还原 收缩/扩张 收敛/发散 凸/凹 奇数/偶数 奇/偶 横/纵 行/列 水平/垂直 甲方/乙方 买方/卖方 原告/被告 出租人/承租人 客户端/服务端 客户端/服务器 发送/接收 发送方/接收方 生产者/消费者 读/写 读取/写入 加锁/解锁 加载/卸载 压缩/解压 加密/解密 公钥/私钥 入队/出队 入栈/出栈 升序/降序 递增/递减 老师/学生 教师/学生 教师模型/学生模型 生成器/判别器 查询/键 均值/方差 精确率/召回率 准确率/召回率 偏差/方差 行业/学术 优先/最后 硬标签/软标签 充分/不足 充足/不足 富/贫 富裕/贫穷 增/减
increase/decrease increase/reduce increase/drop increase/fall increase/decline raise/lower raise/reduce rise/fall rise/drop rise/decline grow/shrink grow/decline gain/lose expand/shrink expand/contract improve/worsen improve/degrade improve/hurt improve/harm improve/reduce help/hurt speed/slow accelerate/slow accelerate/decelerate amplify/attenuate strengthen/weaken extend/shorten lengthen/shorten maximize/minimize maximise/minimise
higher/lower high/low faster/slower fast/slow quick/slow larger/smaller large/small bigger/smaller big/small greater/less greater/smaller greater/fewer more/less more/fewer longer/shorter long/short better/worse best/worst good/bad stronger/weaker strong/weak deeper/shallower deep/shallow older/younger old/young old/new earlier/later early/late before/after above/below over/under most/least most/fewest maximum/minimum max/min upper/lower top/bottom first/last easier/harder easy/hard easy/difficult simple/complex cheaper/expensive cheap/expensive warm/cold hot/cold warmer/colder hotter/colder heavier/lighter heavy/light wider/narrower wide/narrow thick/thin rich/poor full/empty stable/unstable sparse/dense dry/wet
encoder/decoder encode/decode encoding/decoding training/inference train/test training/testing serial/parallel sequential/parallel unidirectional/bidirectional absolute/relative vanishing/exploding vanish/explode forward/backward input/output query/key advantage/disadvantage benefit/drawback pro/con overfit/underfit overfitting/underfitting static/dynamic synchronous/asynchronous offline/online local/global local/remote linear/nonlinear supervised/unsupervised discrete/continuous fixed/variable fixed/learned random/deterministic frozen/trainable freeze/update explicit/implicit direct/indirect directly/indirectly active/passive automatic/manual automatically/manually public/private open/closed open/close free/paid positive/negative true/false right/wrong right/left correct/incorrect same/different similar/different identical/different equal/unequal dependent/independent depend/independent shared/separate include/exclude includes/excludes accept/reject accepted/rejected approve/reject approved/rejected allow/forbid allow/prohibit allowed/prohibited permit/prohibit enable/disable enabled/disabled enable/prevent allow/prevent support/oppose supported/opposed agree/disagree confirm/deny confirmed/denied succeed/fail success/failure win/lose won/lost pass/fail passed/failed start/stop start/end start/finish begin/end begin/finish started/ended opened/closed add/remove add/subtract insert/delete plus/minus multiply/divide multiplied/divided sum/difference keep/discard keep/remove keep/drop retain/discard merge/split join/leave attach/detach connect/disconnect buy/sell bought/sold import/export borrow/lend send/receive sender/receiver give/take push/pull read/write lock/unlock load/unload upload/download compress/decompress encrypt/decrypt client/server producer/consumer parent/child teacher/student husband/wife father/mother brother/sister son/daughter uncle/aunt king/queen man/woman men/women male/female boy/girl born/died birth/death alive/dead arrive/depart arrival/departure enter/exit enter/leave north/south east/west northern/southern eastern/western morning/evening morning/afternoon morning/night day/night daytime/night weekday/weekend summer/winter ascending/descending increment/decrement increments/decrements mean/variance precision/recall bias/variance generator/discriminator numerator/denominator row/column horizontal/vertical odd/even convex/concave converge/diverge safe/dangerous safe/unsafe optional/required optional/mandatory voluntary/mandatory temporary/permanent legal/illegal guilty/innocent guilty/acquitted profit/loss revenue/cost customer/supplier buyer/seller landlord/tenant employer/employee plaintiff/defendant majority/minority all/some always/never always/sometimes always/usually everyone/nobody often/rarely frequent/rare common/rare many/few internal/external inside/outside inner/outer major/minor primary/secondary necessary/unnecessary sufficient/insufficient possible/impossible likely/unlikely able/unable visible/invisible relevant/irrelevant reduce/raise cause/prevent
"""

_GROUPS = """
增加 增大 增长 提高 提升 上升 上涨 升高 攀升 变大 变多 变高 涨到 升到 多了 更多 抬高 拉高 / 减少 减小 下降 降低 降到 下跌 下滑 回落 缩小 缩减 变小 变少 变低 跌到 少了 更少 压低 拉低
去掉 删去 删除 移除 取消 拿掉 扔掉 丢弃 丢掉 舍弃 抛弃 省去 放弃 砍掉 不再 / 保留 留着 留下 沿用 保住 仍用 还用 加上 加入 增设 新增
允许 可以 准许 许可 能够 得以 / 禁止 不得 不准 不许 不可 不能 严禁 无法 不可以
需要 必须 得先 要先 须 / 无需 不需要 不必 不用 免 用不着 省得
通过 获准 批准 过关 成行 / 否决 驳回 拒绝 被拒 未获 落空 没通过
开放 营业 开着 开门 照常 / 关闭 停业 歇业 关门 停开 休馆 停运
更快 较快 加快 提速 变快 快得多 / 更慢 较慢 拖慢 减慢 变慢 放慢 慢得多
更好 优于 胜过 强于 好于 占优 更强 / 更差 不如 劣于 逊于 弱于 差于 更弱
很大 较大 显著 明显 大幅 悬殊 / 很小 较小 不明显 微小 轻微 相近 差不多 不显著
有利 有益 有助于 帮助 改善 促进 缓解 / 有害 不利 妨碍 损害 恶化 抑制 阻碍 加剧 加重
适合 适用 擅长 / 不适合 不适用 不宜 不擅长
先 之前 以前 前 早于 提前 / 后 之后 以后 晚于 推迟 延后
最小 最低 最少 下界 至少 不低于 不少于 起码 / 最大 最高 最多 上界 至多 不超过 顶多
主要 首要 / 次要 其次 附带
精确 准确 严格 / 近似 粗略 大致
独立 互不相关 无关 / 依赖 取决于 相关 有关
全部 所有 一律 统统 / 部分 个别 少数 一些
存在 出现 发生 有 / 没有 不存在 不出现 不会
共享 共用 同一个 / 各自 独有 单独
固定 不变 恒定 冻结 / 变化 可变 更新 改变 学习
容易 简便 好 / 难 不易 麻烦
便宜 省钱 / 贵 费钱
吸收 收入 流入 进入 补给 / 释放 放出 流出 排出 支出
increase rise grow climb higher raise gain more up jump improve / decrease fall drop decline lower reduce shrink less fewer down slip cut lose
approve pass accept allow permit adopt carried / reject refuse deny forbid prohibit ban block fail defeated vetoed turned
keep retain preserve maintain remain stay / remove drop discard delete abandon abolish scrap eliminate omit
need require must necessary mandatory compulsory / unnecessary needless optional without free
open running available / closed shut stopped suspended cancelled unavailable
always every / never none no
fast faster quick quicker speed / slow slower slowly delay
better stronger superior outperform beat above exceed win won / worse weaker inferior underperform below lost lose
before earlier prior advance / after later afterwards following delay postponed
large significant considerable substantial marked sharply greatly / small slight minor negligible little modest slightly
same equal identical unchanged constant fixed / different differ changed vary varying
safe harmless / dangerous harmful unsafe risky
succeed success work works / fail failure
help helps benefit improve / harm harms hurt damage worsen
simple easy / complex difficult hard
exact exactly precise / approximate approximately roughly approximation
support supported back backed favour / oppose opposed against objected
independent regardless / depend depends dependent
include included cover covered covers / exclude excluded excludes except
minimum least / maximum most
encourage recommend recommended advise advised / discourage discouraged avoid
confirm confirmed proved / ruled refuted disproved
add adds added / subtract remove removed
enough sufficient / insufficient lack lacks short
die died killed dead / survived alive
"""
"""Words of one direction, and those of the other; each is the opposite of each."""


def _pairs() -> tuple[dict[str, frozenset[str]], re.Pattern[str]]:
    table: dict[str, set[str]] = {}
    for pair in _OPPOSITES.split():
        left, right = pair.split("/")
        table.setdefault(left, set()).add(right)
        table.setdefault(right, set()).add(left)
    for group in _GROUPS.strip().split("\n"):
        ones, others = (side.split() for side in group.split("/"))
        for one in ones:
            table.setdefault(one, set()).update(others)
        for other in others:
            table.setdefault(other, set()).update(ones)
    wide = sorted((word for word in table if not word.isascii()), key=len, reverse=True)
    latin = sorted((word for word in table if word.isascii()), key=len, reverse=True)
    pattern = re.compile("|".join(wide) + rf"|(?<![a-z])(?:{'|'.join(latin)})(?=(?:e?s|e?d|ing|ly|r|er)?(?![a-z]))")
    return {word: frozenset(others) for word, others in table.items()}, pattern


@lru_cache(maxsize=1)
def _table() -> tuple[dict[str, frozenset[str]], re.Pattern[str]]:
    return _pairs()


_INSIDE = frozenset("大小 多少 高低 长短 快慢 先后 前后 上下 左右 内外 正负 大概 大量 多种 多个 大约 大多 大部分 大家 多头 多层 多模态 多样 上述 以上 上面 下面 下一 下游 上游 以下 如下 大模型 小时 小批量 最后 然后 后者 前者 前面 之前 以前 目前 向前 此前 当前 提前 先验 首先 优先 大学 高斯 长度 长期 短期 重要 难以 新的 好处 只好 正则 正在 正是 正常 真正 开发 开源 开头 打开 公开 展开 离开 分开 关于 关系 关键 关注 有关 相关 无关 加入 加载 加权 参加 除了 除非 删除 移除 去除 清除 消除 排除 来自 本来 原来 后来 来说 未来 带来 从来 出来 过去 进行 进一步 促进 改进 推进 先进 提出 输出 指出 出现 给出 得出 导出 突出 超出 行为 执行 并行 串行 运行 流行 序列 系列 列表 队列 一系列 下列 上升 下降 东西 父类 子类 子集 电子 句子 例子 因子 样本 里面 这里 那里 女性 男性 下去 下来 上来 起来 内容 容易 编写 读者 卖点 收敛 吸收 支付 应付 付出 丢失 损失 失败 胜任 负责 负载 负担 轻松 重复 严重 权重 比重 重新 重排 深度 广度 宽度 高度 高效 强化 强调 强制 弱化 早期 早停 新增 最新 更新 创新 重建 优化 优势 优点 差异 差值 差别 方差 残差 偏差 误差 标准差 友好 良好 最好 坏境 远程 最近 附近 接近 邻近 粗粒度 详细 细节 硬件 软件 交易 简易 难点 困难 后续 最小 最大 多数 少数 至少 减少 不少 缺少".split())  # fmt: skip  # noqa: SIM905


@lru_cache(maxsize=4096)
def opposites(text: str) -> dict[str, frozenset[str]]:
    """The words of ``text`` that have an opposite, each with its opposites. A single character counts only by itself."""
    table, pattern = _table()
    out = {}
    for match in pattern.finditer(text):
        word = match.group()
        if len(word) == 1:
            around = text[max(0, match.start() - 2) : match.end() + 2]
            at = match.start() - max(0, match.start() - 2)
            spans = (around[i:j] for i in range(at + 1) for j in range(at + 1, len(around) + 1) if j - i > 1)
            if any(span in _INSIDE for span in spans):
                continue
        out[word] = table[word]
    return out


_ALL = re.compile(
    r"所有|全部|全都|一切|任何|任意|每一?个|每一|每种|每次|总是|总会|总能|始终|永远|一直(?!到)|一定|必定|必然|必须|必将|肯定|绝对(?!值|位置|路径|误差|编码)|完全(?!连接)|彻底|无一例外|无论|均(?!值|方|匀|衡)|都(?!市|会区)|唯一|从不|从未|绝不|毫无|百分之百|凡是|只能|只要|"
    r"\b(?:all|every|everyone|everything|everybody|always|never|must|entirely|completely|guarantee[sd]?|certainly|definitely|invariably|necessarily|only|universally|totally|fully|without exception|no one|none|inevitably|proves?|100%)\b"
)
_SOME = re.compile(
    r"部分|有些|某些|一些|若干|少数|少量|多数|大多|大部分|往往|通常|一般(?!化)|常常|经常|有时|偶尔|时常|可能|也许|或许|大概|似乎|倾向于?|可以|能够|可望|预计|据称|有望|基本上?|几乎|主要|相对|较(?!大|小|多|少|高|低)|特定|个别|常(?=[取用见])|不一定|未必|暂(?!停)|"
    r"\b(?:some|certain|several|many|most|mostly|often|usually|generally|typically|sometimes|occasionally|may|might|can|could|possibly|probably|perhaps|likely|tends? to|seems?|appears?|suggests?|partly|partially|mainly|largely|in part|few|frequently|commonly|up to|almost|nearly|primarily|expected)\b"
)
_CONDITION = re.compile(
    r"如果|若(?!干)|只有|除非|仅当|前提|条件|凭(?!借)|当.{1,20}时|的情况下|的时候|需要先|仍需|例外|除.{1,12}外|仅限|限于|仅(?!仅)|只(?!要)|超过|以上|以下|以内|对于|"
    r"\b(?:if|unless|only|provided|when|whenever|except|as long as|until|in case|more than|less than|at least|at most|under|within|over|during|for those|who)\b"
)


_IF = re.compile(
    r"如果|若(?!干)|只有|除非|仅当|前提|凭(?!借)|当.{1,20}时|的情况下|的时候|[^同及实临暂有]时(?=[,，。候]|$|[\u3400-\u9fff])|需要先|例外|除.{1,12}外|仅限|限于|仅(?!仅)|只(?=[有在对能限当])|超过|以上|以下|以内|未满|不满|对于|对[^应比称数角齐话]{1,8}(?:来说|而言)|的话|一旦|之后才|才(?![能华])|条件|范围内|期间|如(?=[\u3400-\u9fff]{2,14}(?:则|,|，|的))|"
    r"\b(?:if|unless|only|provided|when|whenever|where|except|as long as|until|in case|more than|less than|at least|at most|under|within|over|during|for those|who|with|without|given|assuming|while|once|for)\b"
)
_MAY = re.compile(
    r"可能|也许|或许|大概|似乎|据称|有望|预计|不一定|未必|往往|通常|一般(?!化)|常常|经常|有时|偶尔|时常|倾向|估计|或(?=有|会|将|可)|暂(?!停)|"
    r"\b(?:may|might|can|could|possibly|probably|perhaps|likely|tends? to|seems?|appears?|suggests?|often|usually|generally|typically|sometimes|occasionally|frequently|commonly|expected|normally|rarely|hypothesis|up to|not always)\b"
)
_PART = re.compile(
    r"部分|有些|某些|一些|若干|少数|少量|多数|大多|大部分|基本上?|几乎|主要|相对|特定|个别|约|左右|近(?=[\d一二三四五六七八九十百])|其中|之一|(?<![a-z])(?:some|certain|several|many|most|mostly|partly|partially|mainly|largely|in part|few|almost|nearly|primarily|about|roughly|around|one of|two of|half|certain)(?![a-z])"
)


@lru_cache(maxsize=4096)
def conditions(text: str) -> bool:
    """Whether something in ``text`` holds only on a condition."""
    return _IF.search(text) is not None


@lru_cache(maxsize=4096)
def hedges(text: str) -> bool:
    """Whether something in ``text`` is only possible or usual."""
    return _MAY.search(text) is not None


@lru_cache(maxsize=4096)
def parts(text: str) -> bool:
    """Whether ``text`` speaks of a part, or about."""
    return _PART.search(text) is not None


_WHOLE = re.compile(
    r"所有|全部|全都|一切|任何|任意|每一?[个条种次位项]|总是|总会|总能|始终|永远|一定|必定|必然|必将|肯定|绝对(?!值|位置|路径|误差|编码)|完全(?!连接)|彻底|无一例外|无论|不管|不论|从不|从未|绝不|毫无|百分之百|凡是|只要|准能|统统|一律|都(?!市|会区)|谁都|哪(?=.{0,8}都)|怎么.{0,6}都|唯一|就(?=一定|会|能)|最(?=[好佳优])|全(?=[是都市国体身年])|"
    r"\b(?:all|every|everyone|everything|everybody|always|never|entirely|completely|guarantee[sd]?|certainly|definitely|invariably|necessarily|universally|totally|fully|without exception|no one|nobody|nothing|none|inevitably|proves?|any|anyone|anything|whatever|whenever|no matter|regardless|simply|whole|entire|ever|sure|for good|forever|must|only|the best|100%)\b"
)


@lru_cache(maxsize=4096)
def wholes(text: str) -> bool:
    """Whether something in ``text`` holds for all or always."""
    return _WHOLE.search(text) is not None


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a clause claims to hold."""

    all: frozenset[str]
    some: frozenset[str]
    conditions: int


@lru_cache(maxsize=4096)
def reach(text: str) -> Reach:
    """The words of ``text`` for "all, always, must", for "some, usually, may", and the number of its conditions."""
    return Reach(frozenset(_ALL.findall(text)), frozenset(_SOME.findall(text)), len(_CONDITION.findall(text)))


@dataclass(frozen=True, slots=True)
class Pivot:
    """Where a relation stands: what is left of it (``sign`` 1) or right of it (-1) causes, precedes, exceeds, replaces."""

    kind: str
    sign: int
    start: int
    end: int


_PIVOTS = tuple(
    (kind, sign, re.compile(pattern))
    for kind, sign, pattern in (
        ("cause", 1, r"导致|引起|引发|造成|致使|使得|使(?![用其])|令(?!牌)|带来|产生|从而|所以|因此|因而|进而|\b(?:caus(?:es?|ed|ing)|leads? to|led to|leading to|results? in|resulted in|resulting in|brings? about|triggers?|triggered|so that|therefore|hence|thus|makes?|produces?)\b"),
        ("cause", -1, r"是因为|是由于|因为|由于|源于|来自于?|归因于|起因于|取决于|原因(?:是|在于)|主?要?因(?=[\u3400-\u9fff])(?!此|而|子|素|果)|\b(?:because(?: of)?|due to|caused by|results? from|resulted from|resulting from|owing to|thanks to|stems? from|depends? on|driven by)\b"),
        ("compare", 1, r"相比于?|相较于?|比(?![如例特值较率重赛])|优于|强于|高于|大于|多于|快于|好于|超过|胜过|领先于?|\b(?:than|outperforms?|outperformed|exceeds?|exceeded|surpass(?:es|ed)?|beats?)\b"),
        ("compare", -1, r"劣于|弱于|低于|小于|少于|慢于|差于|不如|不及|不敌|落后于?|\b(?:underperforms?|inferior to|trails?|lags? behind)\b"),
        ("order", 1, r"之前|以前|先于|早于|\b(?:before|precedes?|preceded|prior to|ahead of|followed by)\b"),
        ("order", -1, r"之后|以后|晚于|后于|\b(?:after|follows?|followed(?! by)|following|subsequent to)\b"),
        ("replace", 1, r"替换(?![为成])|替代|取代|代替|换掉|\b(?:replaces|replaced(?! (?:by|with))|instead of|rather than|substitutes? for)\b"),
        ("replace", -1, r"换成|改为|改成|替换[为成]|换为|变为|\b(?:replaced (?:by|with)|replac(?:e|ing) .{1,40}? with|changed (?:in)?to)\b"),
        ("act", 1, r"除以|减去|divided by|minus|用于|应用于|属于|包含|包括|依赖于?|基于|控制|决定|影响|指导|监督|提出|收购|击败|打败|生成|转换为|转化为|映射[到为成]|分为|给(?=[\u3400-\u9fff])|支付|通知|\b(?:acquires?|acquired|defeats?|defeated|contains?|includes?|generates?|converts?|maps?|controls?|affects?|influences?|attends? to|sends?|gives?|gave|pays?|paid|teaches|taught|uses|used|proposed|invented|founded|wrote|married|sued|killed|feeds?|into|depends on|based on|belongs? to)\b"),
        ("act", -1, r"被|由(?!于|此)|受到?|\b(?:(?:was|were|is|are|been|being) \w+ by)\b"),
    )
)  # fmt: skip


@lru_cache(maxsize=4096)
def pivots(text: str) -> tuple[Pivot, ...]:
    """The relations of ``text`` that have a direction."""
    return tuple(
        Pivot(kind, sign, match.start(), match.end()) for kind, sign, pattern in _PIVOTS for match in pattern.finditer(text)
    )
